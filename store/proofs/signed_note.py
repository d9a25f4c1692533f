"""Checkpoints as signed notes: the number of a log's events and the root over them, signed with an Ed25519 key.

The format is C2SP's tlog-checkpoint and signed-note (https://c2sp.org/), so that the tools of other transparency logs
can read it:

    veritas/log/3f9c0a52d1e4b687
    1042
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — veritas/log/3f9c0a52d1e4b687 Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE…

The first three lines are the log's name (its origin), the number of its events, and the root of the tree over them in
base64. After an empty line come the signatures, one on each line: an em dash, the key's name, and in base64 the key's
id and the Ed25519 signature of all bytes before the empty line, including the newline of the third line. The log's name
is the key's name too, and

    key id = the first 4 bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key)

A public key is written `name+id+key`: the id in hex, and in base64 the byte 0x01 and the key.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Self

from store.errors import InvalidCheckpoint, InvalidKey
from store.text import decode_text_file

if TYPE_CHECKING:  # the import takes 40 ms, and most commands sign nothing
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_BYTES = 32
LARGEST_NOTE = 1_000_000  # bytes

_ED25519 = b"\x01"
_DASH = "— "
_HASH_BYTES = 32
_SIGNATURE_BYTES = 64
_ID_BYTES = 4
_MOST_SIGNATURES = 100
_LARGEST_SIZE = 2**63 - 1
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_NAME = re.compile(r"[^\s+]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_ID = re.compile(r"[0-9a-f]{8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint of a log, without its signature.

    Attributes:
        origin: The log's name.
        size: How many events it covers.
        root: The root of the Merkle tree over their hashes.
    """

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> bytes:
        """The bytes that are signed."""
        return f"{self.origin}\n{self.size}\n{_encoded(self.root)}\n".encode()


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key, and the name of the log whose checkpoints it signs.

    Attributes:
        name: The log's name.
        public_key: The 32 bytes of the Ed25519 key.
    """

    name: str
    public_key: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the form that `str` returns.

        Raises:
            InvalidKey: *text* is not a public key, or its id does not match.
        """
        name, _, rest = text.strip().partition("+")
        id_, _, encoded = rest.partition("+")
        try:
            key = _decoded(encoded)
        except ValueError:
            key = b""
        if not (_NAME.fullmatch(name) and _ID.fullmatch(id_) and len(key) == 1 + KEY_BYTES and key[:1] == _ED25519):
            raise InvalidKey(f"{text.strip()!r:.120} is not an Ed25519 public key; one is written 'NAME+ID+KEY'.")
        if key_id(name, key[1:]).hex() != id_:
            raise InvalidKey(f"{text.strip()!r:.120} has a typing error: its id does not match its name and key.")
        return cls(name, key[1:])

    def __str__(self) -> str:
        return f"{self.name}+{key_id(self.name, self.public_key).hex()}+{_encoded(_ED25519 + self.public_key)}"


class SigningKey:
    """An Ed25519 key that signs checkpoints.

    Attributes:
        public_key: The 32 bytes of its public key.
    """

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        self.public_key = private_key.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> Self:
        """Generate a new key."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Read a key from the form that `to_pem` returns.

        Raises:
            InvalidKey: *pem* is not an Ed25519 private key, or the key is encrypted.
        """
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            key = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise InvalidKey("It is not an unencrypted Ed25519 private key in PEM.")
        return cls(key)

    def to_pem(self) -> bytes:
        """Return the key as PKCS #8 in PEM, not encrypted."""
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        return self._private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def derive(self, purpose: bytes, salt: bytes) -> bytes:
        """Return another secret key of 32 bytes for a purpose; with another salt it is another one (RFC 5869)."""
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        return HKDF(SHA256(), length=32, salt=salt, info=purpose).derive(self._private_key.private_bytes_raw())

    def sign(self, checkpoint: Checkpoint) -> bytes:
        """Return the signed note of a checkpoint."""
        return checkpoint.text + b"\n" + self.signature_line(checkpoint.origin, checkpoint.text)

    def signature_line(self, name: str, text: bytes) -> bytes:
        """Return the line of a note with this key's signature of *text*; *name* is the key's name."""
        signature = key_id(name, self.public_key) + self._private_key.sign(text)
        return f"{_DASH}{name} {_encoded(signature)}\n".encode()


def key_id(name: str, public_key: bytes) -> bytes:
    """Return the id of a key with a name."""
    return sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:_ID_BYTES]


def open_signed_note(note: bytes, public_keys: Iterable[bytes]) -> tuple[Checkpoint, bytes | None]:
    """Parse a signed checkpoint; return it, and the first of *public_keys* that signed it (None if none did).

    Raises:
        InvalidCheckpoint: *note* is not a signed checkpoint, or its signature by one of these keys does not hold.
    """
    text, signatures = split_note(note)
    checkpoint = _checkpoint(text)
    known = [(key_id(checkpoint.origin, key), key) for key in public_keys]
    signer = None
    for name, id_, signature in signatures:
        if name != checkpoint.origin:
            continue
        candidates = [key for known_id, key in known if known_id == id_]
        verified = next((key for key in candidates if is_signed(text.encode(), signature, key)), None)
        if candidates and verified is None:
            raise InvalidCheckpoint(
                f"The checkpoint of {checkpoint.size} events of {name!r} was changed: its signature by the key"
                f" {id_.hex()} does not hold."
            )
        signer = signer or verified
    return checkpoint, signer


def restore_note(data: bytes) -> bytes:
    """Return the signed note in a file, as it was signed.

    An editor or a mail program may have added a byte order mark, CRLF, UTF-16, or spaces and empty lines around the
    lines. None of them occurs in a checkpoint, and the signature shows whether anything else was changed.
    """
    try:
        text = decode_text_file(data)
    except UnicodeDecodeError:
        return data
    lines = [line.rstrip(" \t\xa0") for line in text.split("\n")]
    return ("\n".join(lines).strip("\n") + "\n").encode()


def is_signed(text: bytes, signature: bytes, public_key: bytes) -> bool:
    """Return whether *signature* is the key's Ed25519 signature of *text*."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def split_note(note: bytes) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """Return a note's text, and its signatures as (key's name, key's id, signature).

    Raises:
        InvalidCheckpoint: *note* is not a signed note.
    """
    if len(note) > LARGEST_NOTE:
        raise _invalid(f"it has more than {LARGEST_NOTE} bytes")
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise _invalid("it is not UTF-8") from None
    if _CONTROL.search(whole):
        raise _invalid("it contains a control character")
    before, separator, after = whole.rpartition("\n\n")
    if not separator or not after.endswith("\n"):
        raise _invalid("it has no signatures after an empty line")
    lines = after[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise _invalid(f"it has more than {_MOST_SIGNATURES} signatures")
    return before + "\n", [_signature(line) for line in lines]


def _signature(line: str) -> tuple[str, bytes, bytes]:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    try:
        signature = _decoded(encoded)
    except ValueError:
        signature = b""
    if not line.startswith(_DASH) or not _NAME.fullmatch(name) or len(signature) <= _ID_BYTES:
        raise _invalid(f"{line!r:.80} is not a signature")
    return name, signature[:_ID_BYTES], signature[_ID_BYTES:]


def _checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint in a note's text; lines after the third are extensions, and are ignored."""
    lines = text[:-1].split("\n")
    if len(lines) < 3 or not all(lines):
        raise _invalid("it does not have the lines origin, size and root")
    if not _SIZE.fullmatch(lines[1]) or int(lines[1]) > _LARGEST_SIZE:
        raise _invalid(f"{lines[1]!r:.80} is not a number of events")
    try:
        root = _decoded(lines[2])
    except ValueError:
        root = b""
    if len(root) != _HASH_BYTES:
        raise _invalid(f"{lines[2]!r:.80} is not a root")
    return Checkpoint(lines[0], int(lines[1]), root)


def _invalid(fault: str) -> InvalidCheckpoint:
    return InvalidCheckpoint(f"This is not a signed checkpoint: {fault}.")


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decoded(text: str) -> bytes:
    """Decode canonical base64.

    Raises:
        ValueError: *text* is not canonical base64.
    """
    data = binascii.a2b_base64(text, strict_mode=True)  # raises binascii.Error, or ValueError for what is not ASCII
    if _encoded(data) != text:
        raise ValueError("base64 that is not canonical")
    return data
