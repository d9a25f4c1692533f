"""A rotation is believed only with the signatures of both keys, and only after a key that is trusted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import InvalidCheckpoint, InvalidRotation
from store.proofs.key_rotation import KeyRotation, open_rotation, with_successors
from store.proofs.signed_note import Checkpoint, SigningKey, open_signed_note

OLD, NEW, OTHER = (SigningKey.generate() for _ in range(3))
ROTATION = KeyRotation(OLD.public_key, NEW.public_key, "2026-11-29T08:00:00Z", "a yearly rotation")
NOTE = ROTATION.sign(OLD, NEW)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_reason_is_read_back(reason: str) -> None:
    rotation = KeyRotation(OLD.public_key, NEW.public_key, "2026-11-29T08:00:00Z", reason)
    assert open_rotation(rotation.sign(OLD, NEW)) == rotation


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        NOTE[:-1],
        ROTATION.text,
        ROTATION.sign(OLD, OLD),
        ROTATION.sign(NEW, NEW),
        ROTATION.sign(OTHER, NEW),
        NOTE.replace(b"yearly", b"hourly"),
        NOTE.replace(b"/v1", b"/v2"),
        NOTE.replace(b"T08:00:00Z\n", b"T08:00:00Z\n\n"),
        KeyRotation(OLD.public_key, OTHER.public_key, "", "").sign(OLD, NEW),
        OLD.sign(Checkpoint("veritas/log/00", 1, bytes(32))),
    ],
    ids=lambda wrong: None,
)
def test_an_invalid_statement_is_refused(wrong: bytes) -> None:
    with pytest.raises(InvalidRotation):
        open_rotation(wrong)


@given(st.binary(max_size=200))
def test_no_bytes_lead_to_another_error(data: bytes) -> None:
    for note in (data, ROTATION.text + data, NOTE + data):
        try:
            assert open_rotation(note) == ROTATION
        except InvalidRotation:
            assert note != NOTE


def test_a_statement_is_not_a_checkpoint() -> None:
    with pytest.raises(InvalidCheckpoint):
        open_signed_note(NOTE, [OLD.public_key])


def test_trust_follows_a_chain_of_rotations_forwards_only() -> None:
    a, b, c, d = (bytes([number]) * 32 for number in range(4))
    chain = [KeyRotation(c, d, "", ""), KeyRotation(a, b, "", ""), KeyRotation(b, c, "", "")]
    assert with_successors({a}, chain) == {a, b, c, d}
    assert with_successors({c}, chain) == {c, d}
    assert with_successors(set(), chain) == set()
    assert with_successors({a}, [*chain, KeyRotation(d, a, "", "")]) == {a, b, c, d}
