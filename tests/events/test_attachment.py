"""An attachment leaves a body and comes back to it, byte for byte."""

import base64
import json

from hypothesis import given
from hypothesis import strategies as st

from veritas.events.attachment import detach, reattach
from veritas.events.progress import ProgressEvent, encode_event


@given(st.binary(min_size=1), st.text())
def test_reattaching_gives_back_the_very_bytes(data, detail):
    """For our own wire form it always works, and the body shrinks to a reference."""
    body = encode_event(ProgressEvent(detail=detail, data=data, phase="p", step="s"))
    stored = detach(body, data)
    assert (stored is not None) == (body.count(b'"' + base64.b64encode(data) + b'"') == 1)
    if stored is not None:
        assert reattach(stored, data) == body
        assert b"sha256:" in stored


def test_our_own_wire_form_is_always_taken_apart():
    """A screenshot does not stay in the body."""
    data = bytes(range(256)) * 100
    stored = detach(encode_event(ProgressEvent(data=data)), data)
    assert stored is not None
    assert len(stored) < 300


def test_a_strangers_spacing_is_kept():
    """The text is replaced wherever it stands, whatever the JSON looks like around it."""
    body = b'{ "data" :\t"' + base64.b64encode(b"xyz") + b'" , "a": 1 }'
    stored = detach(body, b"xyz")
    assert stored is not None
    assert json.loads(stored)["data"].startswith("sha256:")
    assert reattach(stored, b"xyz") == body


def test_what_could_not_be_undone_is_left_whole():
    """The text twice, another spelling of it, or a reference of a stranger's making: the body is kept as it is."""
    text = base64.b64encode(b"xyz").decode()
    assert detach(json.dumps({"data": text, "copy": text}).encode(), b"xyz") is None
    assert detach(b'{"data": "eHl6\\u0000"}', b"xyz") is None
    stored = detach(json.dumps({"data": text}).encode(), b"xyz")
    assert stored is not None
    reference = json.loads(stored)["data"]
    assert detach(json.dumps({"data": text, "detail": reference}).encode(), b"xyz") is None
