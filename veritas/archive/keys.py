"""The key that checkpoints are signed with, and the public keys whose checkpoints are trusted.

A user's own key is one file in the configuration directory. It is created when it is first needed, unless the log was
signed with another key before, and only its owner can read it. The file `trusted_keys` next to it may list other public
keys, one a line, as `veritas checkpoint --public-key` prints them; text after a # is a comment. A key that was replaced
is listed there too, and the statement about the rotation is a file next to the key (see `veritas.archive.rotation`).
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path

from store.errors import InvalidKey, InvalidRotation
from store.log import EventLog
from store.proofs.key_rotation import KEY_NAME, KeyRotation, open_rotation, with_successors
from store.proofs.signed_note import SigningKey, VerifierKey, restore_note
from store.text import decode_text_file
from veritas.config import Settings, default_key
from veritas.errors import InvalidSetting, KeyMissing
from veritas.files import rename_exclusive

TRUSTED_KEYS = "trusted_keys"

_OTHERS = 0o077  # the permission bits of anyone but the file's owner
_MAX_FILE_SIZE = 1_000_000  # bytes of a key file that are read
_LIST_REMEDY = "give a file with one a line, as `veritas checkpoint --public-key` prints them"
_KEY_REMEDY = "fix it, or name another with VERITAS_KEY"


def key_path(path: str | Path | None = None) -> Path:
    """Return the file of the signing key: *path*, else the one that the environment names, else the user's own."""
    named = path or Settings.from_environment().key
    return Path(named) if named else default_key()


def create_signing_key() -> SigningKey:
    """Return the user's own key; create it if it does not exist.

    Raises:
        InvalidSetting: It cannot be created, others can read the file, or it does not hold a key.
    """
    file = default_key()
    if not _exists(file):
        write_key(file, SigningKey.generate())
    return read_signing_key(file)


def signing_key_for(log: EventLog, path: str | Path | None = None) -> SigningKey:
    """Return the key to sign *log* with; create the user's own if it does not exist and the log is not signed.

    Raises:
        InvalidSetting: The file does not exist, others can read it, or it does not hold a key.
        KeyMissing: The user's own does not exist, and the log was signed with another one, which may be the lost one.
        store.errors.CheckpointRefused: The user's own does not exist, and the log cannot be signed.
    """
    file = key_path(path)
    if file != default_key() or _exists(file):
        return read_signing_key(file)
    log.check_signable()
    signers = signers_of(log)
    if signers:
        name, others = fingerprint(signers[-1]), f" (and {len(signers) - 1} others)" if len(signers) > 1 else ""
        raise KeyMissing(
            f"The log {log.describe()!r} was signed with the key {name}{others}, and there is no key at {str(file)!r};"
            " restore it from a copy, name it with VERITAS_KEY, or make a new one with `veritas key create`."
        )
    return create_signing_key()


def signers_of(log: EventLog) -> list[bytes]:
    """Return the public keys that signed the stored checkpoints of a log, in the order of their last ones."""
    last = {checkpoint.public_key: checkpoint.size for checkpoint in log.checkpoints()}
    return sorted((key for key in last if isinstance(key, bytes)), key=lambda key: last[key])


def public_key_line(public_key: bytes) -> str:
    """Return a public key as a line of `trusted_keys`, which is not of one log only."""
    return str(VerifierKey(KEY_NAME, public_key))


def fingerprint(public_key: bytes) -> str:
    """Return a short name for a key: the SHA-256 of its 32 bytes, in base64 without padding."""
    return f"SHA256:{base64.b64encode(sha256(public_key).digest()).decode().rstrip('=')}"


def read_signing_key(path: Path) -> SigningKey:
    """Return the signing key in a file.

    Raises:
        InvalidSetting: The file does not exist, others can read it, or it does not hold a key.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            pem = file.read(_MAX_FILE_SIZE)
    except FileNotFoundError as error:
        maker = "veritas key create" if path == default_key() else "openssl genpkey -algorithm ed25519"
        raise InvalidSetting(f"The signing key {str(path)!r} does not exist; `{maker}` makes one.") from error
    except OSError as error:
        raise InvalidSetting(
            f"The signing key {str(path)!r} cannot be read: {error.strerror}; {_KEY_REMEDY}."
        ) from error
    try:
        key = SigningKey.from_pem(pem)
    except InvalidKey as error:
        raise InvalidSetting(
            f"The signing key {str(path)!r} cannot be used: it is not an Ed25519 key in PEM; {_KEY_REMEDY}."
        ) from error
    if os.name == "posix" and mode & _OTHERS:
        raise InvalidSetting(
            f"The signing key {str(path)!r} can be read by other users; protect it with `chmod 600`, or use a new one"
            " if someone has read it."
        )
    return key


def trusted_public_keys(keys: Iterable[str], *, warn: Callable[[str], object]) -> set[bytes]:
    """Return the public keys to trust: *keys* or, without any, the user's own and those in `trusted_keys`.

    Args:
        keys: Public keys, or names of files; see `parse_public_keys`.
        warn: Called with a sentence if the user's own key cannot be read; it is not trusted then.

    Raises:
        InvalidSetting: One of *keys*, or of those listed, is not a public key.
    """
    if trusted := parse_public_keys(keys):
        return trusted
    own_key = key_path()
    try:
        if _exists(own_key):
            trusted.add(read_signing_key(own_key).public_key)
    except (InvalidSetting, OSError) as error:
        warn(f"Your own key is not among those that are trusted: {error}")
    listed = own_key.with_name(TRUSTED_KEYS)
    return trusted | _listed_keys(listed, _read_text(listed)) if _exists(listed) else trusted


def parse_public_keys(texts: Iterable[str]) -> set[bytes]:
    """Return the public keys in *texts*.

    Each text is a public key, the name of a file that lists some, or the name of a file with the statement that one key
    follows another: the new key is trusted if the old one is.

    Raises:
        InvalidSetting: One of them is none of these, or a file does not list any key.
    """
    keys: set[bytes] = set()
    rotations: dict[str, KeyRotation] = {}
    for text in texts:
        try:
            keys.add(VerifierKey.parse(text).public_key)
        except InvalidKey as error:
            if not Path(text).exists():
                raise InvalidSetting(f"{text!r:.120} is neither a public key nor a file with some: {error}") from error
            content = _read_text(Path(text))
            try:
                rotations[text] = open_rotation(restore_note(content.encode()))
                continue
            except InvalidRotation:
                listed = _listed_keys(Path(text), content)
            if not listed:
                raise InvalidSetting(f"{text!r} has no public key in it; {_LIST_REMEDY}.") from error
            keys |= listed
    trusted = with_successors(keys, rotations.values())
    for name, rotation in rotations.items():
        if rotation.old not in trusted:
            raise InvalidSetting(
                f"{name!r} states that a key follows {fingerprint(rotation.old)}, which is not a trusted key; give the"
                " old key with --trust as well."
            )
    return trusted


def public_key(origin: str, key: SigningKey) -> str:
    """Return a key's public part in the form in which others list it as trusted for the log named *origin*."""
    return str(VerifierKey(origin, key.public_key))


def _exists(path: Path) -> bool:
    """Return whether a file exists, or may exist in a directory that cannot be read; reading it then reports why."""
    try:
        return path.exists()
    except PermissionError:
        return True


def write_key(path: Path, key: SigningKey) -> None:
    """Write a key into a new file, unless the file exists or another process creates it at the same moment.

    Raises:
        InvalidSetting: The file cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        try:
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(key.to_pem())
                file.flush()
                os.fsync(file.fileno())
            rename_exclusive(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise InvalidSetting(
            f"No signing key can be created at {str(path)!r} ({error.strerror}); make the directory writable, or name"
            " another with VERITAS_KEY."
        ) from error


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return decode_text_file(file.read(_MAX_FILE_SIZE))
    except OSError as error:
        raise InvalidSetting(f"The keys in {str(path)!r} cannot be read: {error.strerror}; {_LIST_REMEDY}.") from error
    except UnicodeDecodeError as error:
        raise InvalidSetting(
            f"{str(path)!r} lists a text that is not a public key (neither UTF-8 nor UTF-16); {_LIST_REMEDY}."
        ) from error


def _listed_keys(path: Path, content: str) -> set[bytes]:
    """Return the keys that a file lists, given its *content*."""
    texts = [text for line in content.splitlines() if (text := line.partition("#")[0].strip())]
    try:
        return {VerifierKey.parse(text).public_key for text in texts}
    except InvalidKey as error:
        fault = str(error).rstrip(".")
        raise InvalidSetting(
            f"{str(path)!r} lists a text that is not a public key: {fault}; {_LIST_REMEDY}."
        ) from error
