"""The key that checkpoints are signed with, and the public keys whose checkpoints are trusted.

A user's own key is one file in the configuration directory. It is created when it is first needed, and only its owner
can read it. The file `trusted_keys` next to it may list other public keys, one a line, as `veritas checkpoint
--public-key` prints them; text after a # is a comment.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path

from store.errors import InvalidKey
from store.log import EventLog
from store.proofs.signed_note import SigningKey, VerifierKey
from store.text import decode_text_file
from veritas.config import Settings, default_key
from veritas.errors import InvalidSetting
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


def signing_key(path: str | Path | None = None) -> SigningKey:
    """Return the key to sign with; create the user's own if it does not exist.

    Raises:
        InvalidSetting: The file does not exist, others can read it, or it does not hold a key.
    """
    file = key_path(path)
    if file == default_key() and not _exists(file):
        _create_key(file)
    return read_signing_key(file)


def signing_key_for(log: EventLog, path: str | Path | None = None) -> SigningKey:
    """Return the key to sign *log* with; create the user's own if it does not exist and the log can be signed.

    Raises:
        InvalidSetting: See `signing_key`.
        store.errors.CheckpointRefused: The key does not exist, and the log cannot be signed.
    """
    file = key_path(path)
    if file == default_key() and not _exists(file):
        log.check_signable()
    return signing_key(path)


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
        raise InvalidSetting(
            f"The signing key {str(path)!r} does not exist; `openssl genpkey -algorithm ed25519` makes one."
        ) from error
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
        keys: Public keys, or names of files that list some.
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
    return trusted | _read_public_keys(listed) if _exists(listed) else trusted


def parse_public_keys(texts: Iterable[str]) -> set[bytes]:
    """Return the public keys in *texts*; each text is a public key or the name of a file that lists some.

    Raises:
        InvalidSetting: One of them is neither, or a file does not list any key.
    """
    keys: set[bytes] = set()
    for text in texts:
        try:
            keys.add(VerifierKey.parse(text).public_key)
        except InvalidKey as error:
            if not Path(text).exists():
                raise InvalidSetting(f"{text!r:.120} is neither a public key nor a file with some: {error}") from error
            listed = _read_public_keys(Path(text))
            if not listed:
                raise InvalidSetting(f"{text!r} has no public key in it; {_LIST_REMEDY}.") from error
            keys |= listed
    return keys


def public_key(origin: str, key: SigningKey) -> str:
    """Return a key's public part in the form in which others list it as trusted for the log named *origin*."""
    return str(VerifierKey(origin, key.public_key))


def try_checkpoint(log: EventLog) -> str | None:
    """Sign a checkpoint of a log as it is; return why that failed, or None.

    It never raises, because a run that is recorded must not fail for the lack of a signature.
    """
    try:
        log.checkpoint(signing_key_for(log))
    except Exception as error:
        return str(error) or type(error).__name__
    return None


def _exists(path: Path) -> bool:
    """Return whether a file exists, or may exist in a directory that cannot be read; reading it then reports why."""
    try:
        return path.exists()
    except PermissionError:
        return True


def _create_key(path: Path) -> None:
    """Create a key file, unless another process creates it at the same moment."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        try:
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(SigningKey.generate().to_pem())
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


def _read_public_keys(path: Path) -> set[bytes]:
    try:
        with path.open("rb") as file:
            lines = decode_text_file(file.read(_MAX_FILE_SIZE)).splitlines()
        texts = [text for line in lines if (text := line.partition("#")[0].strip())]
        return {VerifierKey.parse(text).public_key for text in texts}
    except OSError as error:
        raise InvalidSetting(f"The keys in {str(path)!r} cannot be read: {error.strerror}; {_LIST_REMEDY}.") from error
    except UnicodeDecodeError as error:
        raise InvalidSetting(
            f"{str(path)!r} lists a text that is not a public key (neither UTF-8 nor UTF-16); {_LIST_REMEDY}."
        ) from error
    except InvalidKey as error:
        fault = str(error).rstrip(".")
        raise InvalidSetting(
            f"{str(path)!r} lists a text that is not a public key: {fault}; {_LIST_REMEDY}."
        ) from error
