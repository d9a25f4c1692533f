"""Checkpoints are C2SP signed notes: those of other tools are read, and invalid ones are refused."""

from __future__ import annotations

import base64
import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import InvalidCheckpoint, InvalidKey
from store.proofs.signed_note import (
    Checkpoint,
    SigningKey,
    VerifierKey,
    is_signed,
    key_id,
    open_signed_note,
    restore_note,
)

CHECKPOINT = Checkpoint("veritas/log/00112233aabbccdd", 20852163, bytes(range(32)))
KEY = SigningKey.generate()
OTHER = SigningKey.generate()

# The example of tlog-checkpoint.
EXAMPLE = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo\
+zyWE+xeMcTOAYQ8=
"""

# Published keys, texts and signatures: the example of signed-note, and those of Go's sumdb/note.
CRYPTOGRAPHY = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PUBLISHED = [
    (
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "This is an example message.\n",
        "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=",
    ),
    (
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        CRYPTOGRAPHY,
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=",
    ),
    (
        "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop",
        CRYPTOGRAPHY,
        "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=",
    ),
]


@pytest.mark.parametrize(("text", "message", "signature"), PUBLISHED)
def test_published_keys_and_signatures_are_read(text: str, message: str, signature: str) -> None:
    key = VerifierKey.parse(text)
    assert str(key) == text
    signed = base64.b64decode(signature)
    assert signed[:4] == key_id(key.name, key.public_key)
    assert is_signed(message.encode(), signed[4:], key.public_key)
    assert not is_signed(message.encode() + b"\n", signed[4:], key.public_key)


def test_the_published_checkpoint_is_read() -> None:
    """It is not signed by a key that we know."""
    checkpoint, signer = open_signed_note(EXAMPLE.encode(), [KEY.public_key])
    assert (checkpoint.origin, checkpoint.size, signer) == ("example.com/behind-the-sofa", 20852163, None)
    assert EXAMPLE.encode().startswith(checkpoint.text)


def test_a_signed_checkpoint_is_read_back_with_its_signer() -> None:
    note = KEY.sign(CHECKPOINT)
    assert open_signed_note(note, [OTHER.public_key, KEY.public_key]) == (CHECKPOINT, KEY.public_key)
    assert open_signed_note(note, [OTHER.public_key]) == (CHECKPOINT, None)
    assert open_signed_note(note, []) == (CHECKPOINT, None)
    assert KEY.sign(CHECKPOINT) == note


def test_a_note_may_have_several_signatures() -> None:
    """Their order does not matter; one by a known key suffices, and those of other names are ignored."""
    ours, theirs = KEY.sign(CHECKPOINT), OTHER.sign(CHECKPOINT)
    line, another = (note.rpartition(b"\n\n")[2] for note in (ours, theirs))
    other_name = line.replace(b"veritas/log", b"other/log")
    for both in (ours + another, theirs + line, ours + other_name, theirs + other_name + line, ours + line):
        assert open_signed_note(both, [KEY.public_key]) == (CHECKPOINT, KEY.public_key)
    for missing in (theirs, theirs + other_name):
        assert open_signed_note(missing, [KEY.public_key])[1] is None


def test_a_signature_that_does_not_hold_is_an_error_and_not_an_unknown_signer() -> None:
    """One changed byte of the text, the number of events or the root suffices, even next to a valid signature."""
    note = KEY.sign(CHECKPOINT)
    changed = [
        note.replace(b"20852163", b"20852164"),
        note.replace(CHECKPOINT.text.split(b"\n")[2], KEY.sign(replace(CHECKPOINT, root=bytes(32))).split(b"\n")[2]),
        note.replace(b"\n\n", b"\nan extension\n\n"),
        KEY.sign(replace(CHECKPOINT, size=5)).partition(b"\n\n")[0] + b"\n\n" + note.rpartition(b"\n\n")[2],
    ]
    for wrong in changed:
        with pytest.raises(InvalidCheckpoint, match="signature"):
            open_signed_note(wrong, [KEY.public_key])
        assert open_signed_note(wrong, [OTHER.public_key])[1] is None
    with pytest.raises(InvalidCheckpoint, match="signature"):
        open_signed_note(
            changed[0] + OTHER.sign(replace(CHECKPOINT, size=20852164)).rpartition(b"\n\n")[2], [KEY.public_key]
        )


def test_extension_lines_are_signed_with_the_rest() -> None:
    """Other tools write such lines; their meaning is ignored."""
    text = CHECKPOINT.text + b"an extension\n"
    signature = base64.b64encode(
        key_id(CHECKPOINT.origin, KEY.public_key) + KEY._private_key.sign(text)  # our own checkpoints have none
    )
    note = text + b"\n\xe2\x80\x94 " + CHECKPOINT.origin.encode() + b" " + signature + b"\n"
    assert open_signed_note(note, [KEY.public_key]) == (CHECKPOINT, KEY.public_key)


NOTE = KEY.sign(CHECKPOINT)
ROOT = CHECKPOINT.text.split(b"\n")[2]


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"\n",
        b"\n\n",
        CHECKPOINT.text,
        CHECKPOINT.text + b"\n",
        NOTE[:-1],
        NOTE + b"\n",
        NOTE + b"more\n",
        NOTE.replace(b"\n\n", b"\n"),
        NOTE.replace(b"\xe2\x80\x94 ", b"- "),
        NOTE.replace(b"\xe2\x80\x94 ", b"\xe2\x80\x94"),
        NOTE.replace(b"\xe2\x80\x94 veritas", b"\xe2\x80\x94 veri+tas"),
        NOTE.replace(b"\xe2\x80\x94 veritas", "\u2014 veri\u2003tas".encode()),
        NOTE.replace(b"\n", b"\r\n"),
        NOTE.replace(b"veritas", b"veri\ttas"),
        NOTE.replace(b"veritas", b"veri\x00tas"),
        NOTE.replace(b"veritas", b"\xff"),
        NOTE.replace(b"20852163", b"020852163"),
        NOTE.replace(b"20852163", b"+20852163"),
        NOTE.replace(b"20852163", b" 20852163"),
        NOTE.replace(b"20852163", b"-1"),
        NOTE.replace(b"20852163", b""),
        NOTE.replace(b"20852163", b"1e3"),
        NOTE.replace(b"20852163", b"2_0"),
        NOTE.replace(b"20852163", "٢".encode()),
        NOTE.replace(b"20852163", b"9223372036854775808"),
        NOTE.replace(b"20852163", b"9" * 5000),
        NOTE.replace(ROOT, ROOT[:-4]),
        NOTE.replace(ROOT, ROOT[:-1]),
        NOTE.replace(ROOT, ROOT + b" "),
        NOTE.replace(ROOT, ROOT.replace(b"=", b"")),
        NOTE.replace(ROOT, ROOT[:-2] + bytes([ROOT[-2] + 1]) + b"="),
        NOTE.replace(ROOT, b"AAAA" + ROOT),
        NOTE.replace(ROOT, "é".encode()),
        NOTE.replace(CHECKPOINT.origin.encode() + b"\n", b"\n", 1),
        NOTE[:-5] + b"!" + NOTE[-4:],
        NOTE.rpartition(b" ")[0] + b" AAAA\n",
        NOTE.rpartition(b" ")[0] + b" \n",
        NOTE + NOTE.rpartition(b"\n\n")[2] * 100,
        CHECKPOINT.text + b"x" * 1_000_000 + NOTE[len(CHECKPOINT.text) :],
    ],
    ids=map(str, itertools.count()),  # not the notes themselves, which differ from process to process
)
def test_an_invalid_checkpoint_is_refused(wrong: bytes) -> None:
    """The message is one sentence, whichever keys are trusted."""
    for keys in ([], [KEY.public_key]):
        with pytest.raises(InvalidCheckpoint, match=r"^This is not a signed checkpoint: .*\.$"):
            open_signed_note(wrong, keys)


@pytest.mark.parametrize(
    "received",
    [
        NOTE,
        NOTE.replace(b"\n", b"\r\n"),
        NOTE.replace(b"\n", b"\r"),
        b"\xef\xbb\xbf" + NOTE,
        b"\xef\xbb\xbf" + NOTE.replace(b"\n", b"\r\n"),
        NOTE.decode().encode("utf-16"),
        b"\xfe\xff" + NOTE.decode().replace("\n", "\r\n").encode("utf-16-be"),
        NOTE[:-1],
        NOTE + b"\n\r\n",
        b"\r\n\n" + NOTE,
        NOTE.replace(b"\n", b" \n"),
        NOTE.replace(b"\n", "\xa0\r\n".encode()),
    ],
    ids=map(str, itertools.count()),
)
def test_a_checkpoint_that_came_through_an_editor_or_an_email_is_restored(received: bytes) -> None:
    assert restore_note(received) == NOTE


@pytest.mark.parametrize("other", [NOTE.replace(b"20852163", b"20852164"), NOTE.replace(b"veritas", b"Veritas")])
def test_restoring_a_checkpoint_does_not_hide_a_change(other: bytes) -> None:
    restored = restore_note(other.replace(b"\n", b"\r\n"))
    assert restored == other


@given(
    st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(" \t\r\n")),
    st.sampled_from(["utf-8-sig", "utf-16"]),
)
def test_restoring_a_note_loses_nothing_but_space(text: str, encoding: str) -> None:
    assert restore_note(text.encode(encoding)).decode().split() == text.split()


@given(st.binary(max_size=200))
def test_bytes_that_are_no_text_stay_as_they_are(data: bytes) -> None:
    assert restore_note(b"\xc3\x28" + data) == b"\xc3\x28" + data


@given(st.binary(max_size=200) | st.text(alphabet="— \n+=A1é", max_size=200).map(str.encode))
def test_no_bytes_lead_to_another_error(note: bytes) -> None:
    for whole in (note, CHECKPOINT.text + b"\n" + note, note + NOTE[len(CHECKPOINT.text) - 1 :]):
        try:
            open_signed_note(whole, [KEY.public_key])
        except InvalidCheckpoint as refused:
            assert str(refused)


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_every_checkpoint_is_read_back(size: int, root: bytes) -> None:
    checkpoint = Checkpoint("veritas/log/x", size, root)
    assert open_signed_note(KEY.sign(checkpoint), [KEY.public_key]) == (checkpoint, KEY.public_key)


def test_a_signing_key_is_read_back() -> None:
    assert b"BEGIN PRIVATE KEY" in KEY.to_pem()
    again = SigningKey.from_pem(KEY.to_pem())
    assert again.public_key == KEY.public_key
    assert again.sign(CHECKPOINT) == NOTE


PUBLIC = b"""\
-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
"""


@pytest.mark.parametrize("pem", [b"", b"no key", KEY.to_pem()[:60], PUBLIC], ids=["empty", "text", "half", "public"])
def test_an_invalid_signing_key_is_refused(pem: bytes) -> None:
    with pytest.raises(InvalidKey, match="Ed25519"):
        SigningKey.from_pem(pem)


def test_an_invalid_verifier_key_is_refused() -> None:
    """This includes every part of a valid key, and a valid key with one changed character."""
    text = str(VerifierKey("veritas/log/a", KEY.public_key))
    assert VerifierKey.parse(f" {text}\n") == VerifierKey("veritas/log/a", KEY.public_key)
    wrong = {text[start:stop] for start in range(len(text)) for stop in range(start, len(text) + 1)} - {text}
    wrong |= {text[:at] + chr(ord(text[at]) + 1) + text[at + 1 :] for at in range(len(text))}
    wrong |= {
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",  # too long, its id adjusted
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # another algorithm, its id adjusted
    }
    for key in wrong:
        with pytest.raises(InvalidKey):
            VerifierKey.parse(key)
