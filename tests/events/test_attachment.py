"""An attachment is detached from a body and reattached byte for byte."""

import base64
import json

from hypothesis import given
from hypothesis import strategies as st

from veritas.events.attachment import detach, reattach
from veritas.events.progress import ProgressEvent, encode_event


@given(st.binary(min_size=1), st.text())
def test_reattaching_restores_the_exact_bytes(data, detail):
    """It works for every body in which the text occurs once; the stored body has a reference in its place."""
    body = encode_event(ProgressEvent(detail=detail, data=data, phase="p", step="s"))
    stored = detach(body, data)
    assert (stored is not None) == (body.count(b'"' + base64.b64encode(data) + b'"') == 1)
    if stored is not None:
        assert reattach(stored, data) == body
        assert b"sha256:" in stored


def test_a_screenshot_is_detached_from_the_wire_form():
    """The stored body is small."""
    data = bytes(range(256)) * 100
    stored = detach(encode_event(ProgressEvent(data=data)), data)
    assert stored is not None
    assert len(stored) < 300


def test_the_spacing_of_another_emitter_is_kept():
    """The text is replaced wherever it is, however the JSON around it is formatted."""
    body = b'{ "data" :\t"' + base64.b64encode(b"xyz") + b'" , "a": 1 }'
    stored = detach(body, b"xyz")
    assert stored is not None
    assert json.loads(stored)["data"].startswith("sha256:")
    assert reattach(stored, b"xyz") == body


def test_a_body_that_could_not_be_restored_is_kept_whole():
    """The text occurs twice, is escaped, or the body already contains the reference."""
    text = base64.b64encode(b"xyz").decode()
    assert detach(json.dumps({"data": text, "copy": text}).encode(), b"xyz") is None
    assert detach(b'{"data": "eHl6\\u0000"}', b"xyz") is None
    stored = detach(json.dumps({"data": text}).encode(), b"xyz")
    assert stored is not None
    reference = json.loads(stored)["data"]
    assert detach(json.dumps({"data": text, "detail": reference}).encode(), b"xyz") is None
