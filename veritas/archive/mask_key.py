"""The key of the masks in a log: with it one can tell whether a mask replaces a certain value.

It is derived from the signing key, so it is in no log, and from the id of the log's first run, so it differs in each
log. After the signing key was replaced, the masks of a value are different ones.
"""

from __future__ import annotations

import secrets

from store.errors import StoreError
from store.log import EventLog
from veritas.archive.keys import create_signing_key, key_path, read_signing_key, signing_key_for
from veritas.config import default_key
from veritas.errors import VeritasError

_PURPOSE = b"veritas: masks of secrets"


def mask_key(log: EventLog, run_id: str) -> bytes:
    """Return the key for the masks of a run that is recorded in *log*.

    Without a signing key it is a random one: then values can only be compared within the run.
    """
    first = next(log.read(limit=1), None)
    try:
        is_new = first is None and key_path() == default_key()
        key = create_signing_key() if is_new else signing_key_for(log)
    except (VeritasError, StoreError):
        return secrets.token_bytes(32)
    return key.derive(_PURPOSE, (first.run_id if first else run_id).encode())


def existing_mask_key(log: EventLog) -> bytes | None:
    """Return the key for the masks that *log* has; None if there is no signing key."""
    first = next(log.read(limit=1), None)
    try:
        return first and read_signing_key(key_path()).derive(_PURPOSE, first.run_id.encode())
    except VeritasError:
        return None
