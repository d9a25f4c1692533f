"""BundleVerifier: check an evidence bundle, without a database and in constant memory.

These checks are made, in this order. The checkpoint is signed with the key that the manifest names. The line of each
event has the right form, its body matches its hash, and its hash follows from the previous event of its run and from
its own columns. The manifest describes each run as it is. Each missing body was redacted. All events, with the roots
that cover the gaps between them, give the root in the checkpoint. Each artifact exists and matches its SHA-256, and the
manifest describes each file as it is. These checks and the strict form of the zip cover every byte: a bundle in which
any byte was changed fails one of them.

A bundle cannot prove who owns the key: for that, compare the key with one that was received in another way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from zlib import crc32

from store.bundle.format import (
    EVENTS,
    MANIFEST,
    MOST_REDACTED,
    BundledFile,
    BundledRun,
    CheckpointSummary,
    artifact_name,
    artifacts_among,
    decode_event,
)
from store.bundle.reader import Bundle
from store.bundle.zip import MOST_FILES
from store.errors import InvalidCheckpoint, InvalidKey
from store.proofs.hash_chain import FIRST_PREVIOUS, body_hash, event_hash
from store.proofs.merkle import CompactRange
from store.proofs.signed_note import Checkpoint, VerifierKey, open_signed_note
from store.records import REDACTION, StoredEvent, redacted_observation
from store.verify.fault import (
    ARTIFACT_DIFFERS,
    ARTIFACT_MISSING,
    CHANGED,
    CHECKPOINT_DAMAGED,
    FOREIGN_SIGNATURE,
    MISSING,
    REORDERED,
    REWRITTEN,
    TREE_DIFFERS,
    Fault,
)

FILE_DIFFERS = "file differs"
MANIFEST_DIFFERS = "manifest differs"

_PROGRESS = 1000  # events


@dataclass(frozen=True, slots=True)
class BundleVerification:
    """The result of verifying a bundle.

    Attributes:
        events: How many events were checked and are as they were recorded.
        fault: The first thing that is wrong, or None.
        checkpoint: The checkpoint that was signed; None if it cannot be read.
        key: The key that signed it, according to the bundle itself.
    """

    events: int
    fault: Fault | None
    checkpoint: Checkpoint | None = None
    key: VerifierKey | None = None


class BundleVerifier:
    """Checks a bundle up to the first thing that is wrong.

    Args:
        bundle: The bundle.
        trusted: Public keys; one of them must have signed the checkpoint. If the list is empty, any key is accepted.
        kept: Checkpoints that were kept elsewhere; the bundle's checkpoint must equal one with as many events.
        progress: Called now and then with the number of events that are checked, and of all events.
    """

    def __init__(
        self,
        bundle: Bundle,
        *,
        trusted: Sequence[bytes] = (),
        kept: Sequence[Checkpoint] = (),
        progress: Callable[[int, int], None] = lambda checked, total: None,
    ) -> None:
        self._bundle = bundle
        self._trusted = trusted
        self._kept = kept
        self._progress = progress
        self._checkpoint: Checkpoint | None = None
        self._key: VerifierKey | None = None
        self._events = 0
        self._tree = CompactRange()
        self._runs: dict[str, _Run] = {}
        self._artifacts: dict[bytes, tuple[int, str]] = {}  # position and run of the first event that has each
        self._redacted = 0  # events without a body, and redactions

    def run(self) -> BundleVerification:
        """Check the bundle.

        Raises:
            BundleAltered: It became shorter meanwhile, or exceeds a bundle's limits.
            InvalidCheckpoint: A kept checkpoint cannot be compared with the bundle's.
        """
        fault = next(self._faults(), None)
        events = self._events
        if fault is not None and fault.position is not None:  # a fault may be found after all events were checked
            unaltered = (event.position < fault.position for event, _ in islice(self._bundle.entries(), events))
            events = sum(unaltered)
        return BundleVerification(events, fault, self._checkpoint, self._key)

    def _faults(self) -> Iterator[Fault]:
        yield from self._check_signature()
        yield from self._check_events()
        yield from self._check_counts()
        yield from self._check_redactions()
        yield from self._check_root()
        yield from self._check_files()
        yield from self._check_signer()

    def _check_signature(self) -> Iterator[Fault]:
        bundle = self._bundle
        try:
            self._key = key = VerifierKey.parse(bundle.manifest.key)
            checkpoint, signer = open_signed_note(bundle.checkpoint, [key.public_key])
        except (InvalidKey, InvalidCheckpoint) as error:
            yield Fault(None, None, CHECKPOINT_DAMAGED, str(error).rstrip("."))
            return
        self._checkpoint = checkpoint
        if signer is None or key.name != checkpoint.origin or str(key) != bundle.manifest.key:
            yield Fault(None, None, CHECKPOINT_DAMAGED, f"the key {bundle.manifest.key} did not sign the checkpoint")
        for kept in self._kept:
            if kept.origin != checkpoint.origin:
                yield Fault(None, None, REWRITTEN, f"it is of the log {checkpoint.origin}, not of {kept.origin}")
            if kept.size != checkpoint.size:
                raise InvalidCheckpoint(
                    f"The kept checkpoint covers {kept.size:,} events and that of {bundle.name!r} {checkpoint.size:,},"
                    " so they cannot be compared without the log; `veritas verify --checkpoint` compares them there."
                )
            if kept.root != checkpoint.root:
                yield Fault(None, None, REWRITTEN, "its checkpoint is not the one that was kept")

    def _check_signer(self) -> Iterator[Fault]:
        """Check that a trusted key signed the checkpoint; this comes last, so that other faults are reported first."""
        if self._trusted and open_signed_note(self._bundle.checkpoint, self._trusted)[1] is None:
            detail = f"its checkpoint was signed by {self._key}, and not by a trusted key"
            yield Fault(None, None, FOREIGN_SIGNATURE, detail)

    def _check_events(self) -> Iterator[Fault]:
        total = self._bundle.manifest.events
        for number, line in enumerate(self._bundle.lines(), 1):
            try:
                event, proof = decode_event(line)
            except (ValueError, RecursionError) as error:
                yield Fault(None, None, CHANGED, f"line {number} of {EVENTS} cannot be read as an event: {error}")
                return
            yield from self._check_event(event, proof)
            self._events += 1
            if self._events % _PROGRESS == 0:
                self._progress(self._events, total)
        self._progress(self._events, total)

    def _check_event(self, event: StoredEvent, proof: Sequence[bytes]) -> Iterator[Fault]:
        if event.position <= self._tree.size:
            yield _fault(event, REORDERED, f"it comes after position {self._tree.size}")
        run = self._runs.setdefault(event.run_id, _Run())
        follows = event_hash(run.head, *event[1:11], event.body_hash) == event.hash
        if event.body is not None and event.salt is not None:
            digest = body_hash(event.salt, event.body)
            if follows and digest != event.body_hash:
                yield _fault(event, CHANGED, "its body, or its salt, is not what was recorded")
            if not follows and event_hash(run.head, *event[1:11], digest) == event.hash:
                yield _fault(event, CHANGED, "the hash of its body is not what was recorded")
        if not follows:
            yield _fault(event, CHANGED, "a column is not what was recorded, or an event before it is missing")
        if event.body is None and (event.source, event.type) == REDACTION:
            yield _fault(event, CHANGED, "it is itself a redaction, which cannot be redacted")
        if not self._tree.append_subtrees(event.position - 1, proof):
            yield _fault(event, TREE_DIFFERS, "its proof does not cover the gap before it")
        self._tree.append(event.hash)
        run.add(event)
        if event.artifact is not None and event.body is not None:
            self._artifacts.setdefault(event.artifact, (event.position, event.run_id))
        self._redacted += event.body is None or (event.source, event.type) == REDACTION
        self._require_bounds()

    def _require_bounds(self) -> None:
        refusal, runs = self._bundle.zip.refusal, self._runs
        if len(self._artifacts) > MOST_FILES or len(runs) > len(self._bundle.manifest.runs) + 1:
            raise refusal("it has more artifacts than a bundle can have, or more runs than its manifest states")
        if self._redacted > 2 * MOST_REDACTED:
            raise refusal(f"it has more than {MOST_REDACTED:,} redacted events, more than a bundle can have")

    def _check_redactions(self) -> Iterator[Fault]:
        for run_id, run in self._runs.items():
            for observation, position in run.without_body.items():
                if observation not in run.redacted:
                    yield Fault(position, run_id, CHANGED, "its body is missing, and no redaction names it")

    def _check_counts(self) -> Iterator[Fault]:
        """Compare the runs with the manifest; otherwise the removal of a run's last event would not be noticed."""
        stated = {run.run_id: run for run in self._bundle.manifest.runs}
        for run_id, run in self._runs.items():
            actual = BundledRun(run_id, run.events, len(run.without_body), run.head.hex())
            expected = stated.get(run_id)
            if expected is not None and expected.events > run.events:
                yield Fault(None, run_id, MISSING, f"of its {expected.events:,} events only {run.events:,} are there")
            if expected != actual:
                yield Fault(None, run_id, MANIFEST_DIFFERS, "the manifest does not describe the run as it is")
        if list(stated) != list(self._runs) or len(stated) != len(self._bundle.manifest.runs):
            yield Fault(None, None, MANIFEST_DIFFERS, "the manifest does not name the runs that are there")

    def _check_root(self) -> Iterator[Fault]:
        checkpoint, manifest = self._checkpoint, self._bundle.manifest
        assert checkpoint is not None
        if not self._tree.append_subtrees(checkpoint.size, [bytes.fromhex(root) for root in manifest.rest]):
            yield Fault(None, None, TREE_DIFFERS, "the proof does not reach from the last event to the checkpoint")
        elif self._tree.root() != checkpoint.root:
            yield Fault(None, None, TREE_DIFFERS, "the events are not those that the checkpoint was signed over")
        if manifest.checkpoint != CheckpointSummary(checkpoint.origin, checkpoint.size, checkpoint.root.hex()):
            yield Fault(None, None, MANIFEST_DIFFERS, "the manifest does not describe the checkpoint as it is")

    def _check_files(self) -> Iterator[Fault]:
        bundle, stated = self._bundle, {file.name: file for file in self._bundle.manifest.files}
        artifacts = {artifact_name(digest) for digest in artifacts_among(bundle.zip.members)}
        for digest, place in self._artifacts.items():
            if artifact_name(digest) not in artifacts:
                yield Fault(*place, ARTIFACT_MISSING, f"artifact {digest.hex()} is not in the bundle")
        for name, member in bundle.zip.members.items():
            crc, digest_of_file = 0, sha256()
            for chunk in bundle.zip.chunks(member):
                crc = crc32(chunk, crc)
                digest_of_file.update(chunk)
            actual = BundledFile(name, member.size, digest_of_file.hexdigest())
            if name in artifacts and name != artifact_name(digest_of_file.digest()):
                yield self._differing_artifact(name)
            if crc != member.crc or (name != MANIFEST and stated.get(name) != actual):
                yield Fault(None, None, FILE_DIFFERS, f"{name} is not the file that was exported")
        if artifacts != set(map(artifact_name, self._artifacts)):
            yield Fault(None, None, ARTIFACT_DIFFERS, "there is an artifact that no event has")
        if [*stated, MANIFEST] != list(bundle.zip.members) or len(stated) != len(bundle.manifest.files):
            yield Fault(None, None, MANIFEST_DIFFERS, "the manifest does not name the files that are there")

    def _differing_artifact(self, name: str) -> Fault:
        places = (place for digest, place in self._artifacts.items() if artifact_name(digest) == name)
        position, run_id = next(places, (None, None))
        return Fault(position, run_id, ARTIFACT_DIFFERS, f"{name} is not what was recorded")


@dataclass(slots=True)
class _Run:
    """The state of a run while its events are checked.

    Attributes:
        head: The hash of its last event.
        events: How many events were checked.
        without_body: The observations without a body, as (source, seq), and their positions.
        redacted: The observations that redactions name.
    """

    head: bytes = FIRST_PREVIOUS
    events: int = 0
    without_body: dict[tuple[str, int], int] = field(default_factory=dict)
    redacted: set[tuple[str, int]] = field(default_factory=set)

    def add(self, event: StoredEvent) -> None:
        self.head = event.hash
        self.events += 1
        if event.body is None:
            self.without_body[event.source, event.seq] = event.position
        elif (event.source, event.type) == REDACTION:
            observation = redacted_observation(event.body)
            if observation is not None:
                self.redacted.add(observation)


def _fault(event: StoredEvent, what: str, detail: str) -> Fault:
    return Fault(event.position, event.run_id, what, detail)
