"""The ids of batches and of their audits."""

from __future__ import annotations

import hashlib
import secrets

BATCH = "btch_"


def new_batch_id() -> str:
    """Return a new batch id: `btch_` and 16 random hex digits."""
    return f"{BATCH}{secrets.token_hex(8)}"


def audit_id_of(batch: str, number: int) -> str:
    """Return the id of the audit of a batch's URL; *number* counts the URLs from 1.

    It follows from the two, so that a URL that is audited again, also by another worker, has a further run of the same
    audit.
    """
    return f"vrts_{hashlib.sha256(f'{batch}/{number}'.encode()).hexdigest()[:16]}"


def is_batch(name: str) -> bool:
    """Return whether *name* can be the beginning of a batch's id, and not of an audit's."""
    return name.startswith(BATCH) or (name != "" and BATCH.startswith(name))
