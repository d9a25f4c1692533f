"""The provenance of imported events: their proof in the log that they come from, stored with the import.

    {"manifest": "…", "checkpoint": "…", "spans": [{"run_id": "…", "first": 12, "last": 40, "proof": ["…"]}, …]}

`manifest` and `checkpoint` are the bundle's files. `spans` are the positions that the events of each run had in that
log: from `first` to `last`, in the order of the run's chain. `proof` is the proof of the span's first event, as
FORMAT.md defines it. Together with the events' hashes, which this log has, they suffice to compute the checkpoint's
root again.
"""

from __future__ import annotations

import msgspec

from store.bundle.format import MANIFEST
from store.bundle.reader import Bundle


class Span(msgspec.Struct):
    """Events of one run at consecutive positions in the log that they come from."""

    run_id: str
    first: int
    last: int
    proof: list[str]


class _Provenance(msgspec.Struct):
    manifest: str
    checkpoint: str
    spans: list[Span]


def original_proof(bundle: Bundle) -> bytes:
    """Return the proof of a bundle's events as JSON."""
    spans: list[Span] = []
    for event, proof in bundle.entries():
        last = spans[-1] if spans else None
        if last is not None and (last.run_id, last.last + 1) == (event.run_id, event.position) and not proof:
            last.last = event.position
        else:
            spans.append(Span(event.run_id, event.position, event.position, [node.hex() for node in proof]))
    manifest = b"".join(bundle.zip.chunks(bundle.zip.members[MANIFEST]))
    return msgspec.json.encode(_Provenance(manifest.decode(), bundle.checkpoint.decode(), spans))
