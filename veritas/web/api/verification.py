"""The verification of the log, and what its checkpoints cover."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from store.errors import CheckpointRefused
from veritas.archive.coverage import Coverage, coverage_of
from veritas.archive.integrity import checkpoint_in, verification_fields
from veritas.archive.rotation import key_to_sign
from veritas.events.json_schema import Count, Time
from veritas.formatting import iso_time
from veritas.web.endpoint import Nothing
from veritas.web.problem import Problem
from veritas.web.site import Site
from veritas.web.verifications import Job

_MOST_CHECKPOINTS = 10


class VerifyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to verify.

    Attributes:
        run: A run; null for the whole log.
    """

    run: str | None = None


def verify(site: Site, request: VerifyRequest) -> dict[str, Any]:
    """Verify the log, or one run, as `veritas verify --format json` does, and wait for the result."""
    run_id = None if request.run is None else site.resolve(request.run)
    return verification_fields(site.verifications.verify(run_id))


class StartVerification(msgspec.Struct, frozen=True, kw_only=True):
    """What to verify.

    Attributes:
        run: A run; null for the whole log.
        checkpoints: Checkpoints that were kept elsewhere, to verify against.
    """

    run: str | None = None
    checkpoints: Annotated[list[str], msgspec.Meta(max_length=_MOST_CHECKPOINTS)] = []


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """A verification.

    Attributes:
        number: Its number among those of this server, from 1.
        run_id: The run; null for the whole log.
        given: How many checkpoints it was given that were kept elsewhere.
        head: The last position of the log when it began, or at an earlier verification if it was larger then.
        started_at: When it began (RFC 3339, UTC).
        ended_at: When it ended (RFC 3339, UTC); null while it runs.
        checked: How many events were checked so far.
        total: How many there are to check; 0 if that is not known yet.
        result: The result, as `veritas verify --format json` prints it; null if there is none.
        sentences: The result as `veritas verify` prints it.
        covered: Whether a checkpoint by a trusted key covers all that was verified.
        failure: Why there is no result; null if there is one, or it runs.
    """

    number: Count
    run_id: str | None
    given: Count
    head: Count
    started_at: Time | None
    ended_at: Time | None
    checked: Count
    total: Count
    result: dict[str, Any] | None
    sentences: list[str]
    covered: bool
    failure: str | None


class VerificationList(msgspec.Struct, frozen=True, kw_only=True):
    """The verifications by this server. The log records none, so there is nothing from before the server's start.

    Attributes:
        since: When the server started (RFC 3339, UTC).
        running: The verification that is being made; null if there is none.
        of_log: The last one of the whole log, or of a run that is not as it was recorded; null if there is none, so
            that nothing is known. One without a result does not replace one that found a fault.
        contradiction: Why the log cannot be the one that `of_log` verified; null if it can be.
        ended: The last 20 that have ended, the latest first.
    """

    since: Time | None
    running: Verified | None
    of_log: Verified | None
    contradiction: str | None
    ended: list[Verified]


def list_verifications(site: Site, request: Nothing) -> VerificationList:
    """List the verifications that this server made since it started, and the one that it makes."""
    verifications, log = site.verifications, site.archive.log
    running, of_log = verifications.running, verifications.of_log
    return VerificationList(
        since=iso_time(verifications.since),
        running=None if running is None else _verified(running),
        of_log=None if of_log is None else _verified(of_log),
        contradiction=None if of_log is None else of_log.contradiction(log.origin(), log.head()),
        ended=[*map(_verified, verifications.ended)],
    )


def start_verification(site: Site, request: StartVerification) -> Verified:
    """Begin to verify the log, or one run, and do not wait for the result, which the list has.

    Nothing is written to the log, and one verification runs at a time.
    """
    run_id = None if request.run is None else site.resolve(request.run)
    checkpoints = [checkpoint_in(text.encode("utf-8", "replace"), "The given text") for text in request.checkpoints]
    return _verified(site.verifications.start(run_id, checkpoints))


def list_checkpoints(site: Site, request: Nothing) -> Coverage:
    """Return what the checkpoints of the log cover, and which keys signed them."""
    return coverage_of(site.archive.log, trusted=site.verifications.trusted())


def sign_checkpoint(site: Site, request: Nothing) -> Coverage:
    """Sign a checkpoint of the log as it is now, as `veritas checkpoint` does, and return what it covers."""
    log = site.archive.log
    try:
        log.checkpoint(key_to_sign(log))
    except CheckpointRefused as error:
        raise Problem(409, str(error)) from error
    return list_checkpoints(site, request)


def _verified(job: Job) -> Verified:
    conclusion = job.conclusion
    return Verified(
        number=job.number,
        run_id=job.run_id,
        given=job.given,
        head=job.head,
        started_at=iso_time(job.started),
        ended_at=iso_time(job.ended),
        checked=job.checked,
        total=job.total,
        result=None if job.verification is None else verification_fields(job.verification),
        sentences=[] if conclusion is None else [conclusion.headline, *conclusion.details],
        covered=job.is_covered,
        failure=job.failure,
    )
