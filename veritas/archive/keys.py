"""The key that checkpoints are signed with, and the keys whose checkpoints are believed.

A user's own key is one file in the configuration directory, made when it is first needed; nobody else may read it.
Beside it, `trusted_keys` may list the public keys of others, one a line, as `veritas checkpoint --public-key` prints
them; what follows a # is a comment.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from store.errors import InvalidKey
from store.log import EventLog
from store.proofs.signed_note import Checkpoint, SigningKey, VerifierKey
from veritas.config import Settings, default_key
from veritas.errors import InvalidSetting
from veritas.files import rename_exclusive

TRUSTED_KEYS = "trusted_keys"

_OTHERS = 0o077  # what a file's mode may give to anyone but its owner
_LARGEST = 1_000_000  # bytes of a file of keys
_PRINTED = "give a file with one a line, as `veritas checkpoint --public-key` prints them"
_ANOTHER = "mend it, or name another with VERITAS_KEY"


def key_path(given: str | Path | None = None) -> Path:
    """Return the file of the signing key: *given*, or what the environment says, or the user's own."""
    chosen = given or Settings.from_environment().key
    return Path(chosen) if chosen else default_key()


def signing_key(given: str | Path | None = None) -> SigningKey:
    """Return the key to sign with; the user's own is made where there is none yet.

    Raises:
        InvalidSetting: There is no such file, others can read it, or it holds no key.
    """
    path = key_path(given)
    if path == default_key() and not _is_there(path):
        _make(path)
    return read_signing_key(path)


def key_to_sign(log: EventLog, given: str | Path | None = None) -> SigningKey:
    """Return the key to sign a log with; the user's own is made where there is none yet, and something to sign.

    Raises:
        InvalidSetting: As of `signing_key`.
        store.errors.CheckpointRefused: A key would have to be made, and the log cannot be signed.
    """
    path = key_path(given)
    if path == default_key() and not _is_there(path):
        with suppress(_WouldSign):
            log.checkpoint(_NoKey.generate())
    return signing_key(given)


def read_signing_key(path: Path) -> SigningKey:
    """Return the key to sign with that is in a file.

    Raises:
        InvalidSetting: There is no such file, others can read it, or it holds no key.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            pem = file.read(_LARGEST)
    except FileNotFoundError as error:
        raise InvalidSetting(
            f"There is no signing key at {str(path)!r}; `openssl genpkey -algorithm ed25519` makes one."
        ) from error
    except OSError as error:
        raise InvalidSetting(f"The signing key {str(path)!r} cannot be read: {error.strerror}; {_ANOTHER}.") from error
    try:
        key = SigningKey.from_pem(pem)
    except InvalidKey as error:
        raise InvalidSetting(
            f"The signing key {str(path)!r} cannot be used: it is no Ed25519 key in PEM; {_ANOTHER}."
        ) from error
    if os.name == "posix" and mode & _OTHERS:
        raise InvalidSetting(
            f"The signing key {str(path)!r} can be used by others; `chmod 600` it, or sign with another if they have."
        )
    return key


def trusted_public_keys(given: Iterable[str], *, warn: Callable[[str], object]) -> set[bytes]:
    """Return the public keys whose signatures are believed: those *given*, or else the user's own and `trusted_keys`.

    Args:
        given: Public keys, or names of files with some.
        warn: Is told, in a sentence, that the user's own key cannot be read; it is not trusted then.

    Raises:
        InvalidSetting: One of the keys given, or listed, is none.
    """
    if keys := given_public_keys(given):
        return keys
    own = key_path()
    try:
        if _is_there(own):
            keys.add(read_signing_key(own).public_key)
    except (InvalidSetting, OSError) as error:
        warn(f"Your own key is not among those that are trusted: {error}")
    listed = own.with_name(TRUSTED_KEYS)
    return keys | _listed(listed) if _is_there(listed) else keys


def given_public_keys(given: Iterable[str]) -> set[bytes]:
    """Return the keys that are *given*: as public keys, or as names of files with some.

    Raises:
        InvalidSetting: One of them is neither, or a file names nobody.
    """
    keys: set[bytes] = set()
    for key in given:
        try:
            keys.add(VerifierKey.parse(key).public_key)
        except InvalidKey as error:
            if not Path(key).exists():
                raise InvalidSetting(f"{key!r:.120} is neither a public key nor a file with some: {error}") from error
            listed = _listed(Path(key))
            if not listed:
                raise InvalidSetting(f"{key!r} has no public key in it; {_PRINTED}.") from error
            keys |= listed
    return keys


def public_key(origin: str, key: SigningKey) -> str:
    """Return how a key is written for others, who trust it for the log of this name."""
    return str(VerifierKey(origin, key.public_key))


def try_checkpoint(log: EventLog) -> str | None:
    """Sign a checkpoint of a log as it is; return why that cannot be done, or None.

    Whatever the reason is, what was to be recorded is recorded, and that is not to fail for it.
    """
    try:
        log.checkpoint(key_to_sign(log))
    except Exception as error:
        return str(error) or type(error).__name__
    return None


class _WouldSign(Exception):
    """Nothing stands against a signature but that there is no key."""


class _NoKey(SigningKey):
    """Stands in for a key that is not made yet, to find out whether it is going to be needed."""

    def sign(self, checkpoint: Checkpoint) -> bytes:
        """Sign nothing."""
        raise _WouldSign


def _is_there(path: Path) -> bool:
    """Return whether there is such a file, as far as that can be told; reading it then says why it cannot be."""
    try:
        return path.exists()
    except PermissionError:
        return True


def _make(path: Path) -> None:
    """Make a key; where another process makes one at the same moment, that one stands."""
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
            f"No signing key can be made at {str(path)!r} ({error.strerror}); make the directory writable, or name"
            " another with VERITAS_KEY."
        ) from error


def _listed(path: Path) -> set[bytes]:
    try:
        with path.open(encoding="utf-8") as file:
            lines = file.read(_LARGEST).splitlines()
        texts = [text for line in lines if (text := line.partition("#")[0].strip())]
        return {VerifierKey.parse(text).public_key for text in texts}
    except OSError as error:
        raise InvalidSetting(f"The keys in {str(path)!r} cannot be read: {error.strerror}; {_PRINTED}.") from error
    except UnicodeDecodeError as error:
        raise InvalidSetting(f"{str(path)!r} lists what is no public key, for it is not text; {_PRINTED}.") from error
    except InvalidKey as error:
        raise InvalidSetting(
            f"{str(path)!r} lists what is no public key: {str(error).rstrip('.')}; {_PRINTED}."
        ) from error
