"""The player with one run's recording as one HTML file, which needs no other file and no network.

Next to what the player shows, the file has the run's events exactly as they were recorded, their artifacts and their
proof, so that the browser can check them; `store/bundle/FORMAT.md` describes how. The same events give the same bytes.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from store.bundle.evidence import RunEvidence
from store.errors import ArtifactAltered, ArtifactMissing
from store.proofs.signed_note import VerifierKey, open_signed_note
from store.verify.fault import Fault
from veritas.archive.archive import Archive
from veritas.archive.integrity import describe_fault, find_fault
from veritas.archive.liveness import is_orphaned
from veritas.events.json import encode_json
from veritas.player import assets
from veritas.player.recording import Recording
from veritas.report.rendering import generator, render
from veritas.report.run import ReportedRun
from veritas.report.verdict import heading_of

_LARGEST_TOTAL = 48 << 20  # bytes of artifacts in one file; the others are only named


_NO_ROOM = f"This file has at most {_LARGEST_TOTAL >> 20} MiB of artifacts; `veritas export` writes all of them."


@dataclass(frozen=True)
class Block:
    """A part of the file's data: base64 of gzip, or of an artifact's own bytes."""

    id: str
    text: str


@dataclass(frozen=True)
class ReplayPage:
    """A page, and the fault in the record of its run.

    Attributes:
        fault: What is not as it was recorded; None if everything is. The page shows it too.
        pieces: The page, in pieces.
    """

    fault: Fault | None
    pieces: Iterator[bytes]


def replay_page(archive: Archive, run_id: str) -> ReplayPage:
    """Return the page of a run with the events that are recorded now.

    Raises:
        store.errors.StoreError: The log cannot be read, or its checkpoint is not as it was written.
    """
    last = archive.log.last(run_id)
    assert last is not None  # a run has at least one event
    fault = find_fault(archive, run_id)
    run, recording = ReportedRun(), Recording()
    for recorded in archive.events(run_id):
        if recorded.position > last.position:
            break
        run.apply(recorded)
        recording.apply(recorded)
    if is_orphaned(archive, run_id):
        run.state.mark_abandoned()
    evidence = archive.log.evidence(run_id, last.position)
    artifacts, left_out = _artifacts(archive, recording, evidence)
    heading = heading_of(run)
    header = {
        "run": run_id,
        "made_by": f"{generator()}, player {assets.version()}",
        "recorded": recording.part(),
        "evidence": _proof(archive, evidence, last.hash.hex(), left_out),
    }
    blocks = (
        Block(name, text)
        for name, text in (
            ("recording", _packed(encode_json(header))),
            ("patches", _packed(b"\n".join(recording.patches))),
            ("events", _packed(b"".join(evidence.lines))),
            *((f"artifact-{digest}", base64.b64encode(data).decode("ascii")) for digest, data in artifacts.items()),
        )
    )
    pieces = render(
        "veritas.player",
        "replay.html",
        title=run.subject,
        heading=heading,
        fault=None if fault is None else describe_fault(fault),
        blocks=blocks,
        script=assets.script(),
        script_hash=assets.policy_hash(assets.script()),
        style=assets.style(),
        style_hash=assets.policy_hash(assets.style()),
    )
    return ReplayPage(fault, pieces)


def _proof(archive: Archive, evidence: RunEvidence, head: str, left_out: Mapping[str, str]) -> dict[str, Any]:
    """Return what the browser needs, with the events, to check them."""
    proof: dict[str, Any] = {"origin": archive.origin(), "head": head, "left_out": left_out, "checkpoint": None}
    if evidence.checkpoint is not None:
        checkpoint, _ = open_signed_note(evidence.checkpoint.note, ())
        proof["checkpoint"] = {
            "note": evidence.checkpoint.note.decode("utf-8"),
            "key": str(VerifierKey(checkpoint.origin, evidence.checkpoint.public_key)),
            "rest": [node.hex() for node in evidence.rest],
        }
    return proof


def _artifacts(
    archive: Archive, recording: Recording, evidence: RunEvidence
) -> tuple[dict[str, bytes], dict[str, str]]:
    """Return the artifacts of the file, the screenshots first, and why others are left out, by their hashes."""
    room, artifacts, left_out = _LARGEST_TOTAL, dict[str, bytes](), dict[str, str]()
    screenshots = [screenshot.sha256 for screenshot in recording.screenshots]
    for digest in dict.fromkeys([*screenshots, *(digest.hex() for digest in evidence.artifacts)]):
        try:
            data = archive.artifact(digest)
        except (ArtifactMissing, ArtifactAltered) as error:
            left_out[digest] = str(error)
            continue
        if len(data) > room:
            left_out[digest] = _NO_ROOM
            continue
        room -= len(data)
        artifacts[digest] = data
    return artifacts, left_out


def _packed(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, 6, mtime=0)).decode("ascii")
