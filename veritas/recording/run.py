"""The id, request, outcome and end of a run, whether of an audit, a recorded command or an ingested log."""

from __future__ import annotations

import platform
import re
import secrets
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from msgspec import structs

import veritas
from veritas.archive.archive import Archive
from veritas.archive.rotation import checkpoint_to_name, try_checkpoint
from veritas.errors import InvalidUrl
from veritas.events.login_use import LoginUse
from veritas.events.process_identity import ProcessIdentity
from veritas.events.recorder_events import COMPLETED, AuditRequested, CheckpointFailed, ComparisonMade, RunFinished
from veritas.events.visitor import Visitor
from veritas.recording.recorder import RunRecorder
from veritas.recording.request_context import RequestContext

_HOST_AND_PORT = re.compile(r"[\w.-]+:\d+(/|$)")  # urlsplit takes the host for a scheme


@dataclass(frozen=True)
class RunOutcome:
    """The outcome of a run.

    Attributes:
        run_id: The run.
        status: `completed`, `failed` or `interrupted`.
        error: The error in one sentence; None if the run completed.
        comparison: The comparison of the transports; None if none was made.
        unsigned: Why no checkpoint covers the run; None if one does.
    """

    run_id: str
    status: str
    error: str | None = None
    comparison: ComparisonMade | None = None
    unsigned: str | None = None

    @property
    def ok(self) -> bool:
        """True if the run completed, and the transports agreed if they were compared."""
        return self.status == COMPLETED and (self.comparison is None or self.comparison.equal)


def new_audit_id() -> str:
    """Return a new audit id: `vrts_` and 16 random hex digits."""
    return f"vrts_{secrets.token_hex(8)}"


def check_url(url: str) -> str:
    """Return *url* if it is one that can be audited.

    Raises:
        InvalidUrl: It is not a full http:// or https:// URL.
    """
    if not url or any(character.isspace() or not character.isprintable() for character in url):
        raise InvalidUrl(f"{url!r} is not a URL; give a full one such as 'https://example.com/'.")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidUrl(f"{url!r} is not a URL ({error}); give a full one such as 'https://example.com/'.") from None
    if not parts.scheme or _HOST_AND_PORT.match(url):
        raise InvalidUrl(f"{url!r} has no scheme; did you mean {'https://' + url!r}?")
    if parts.scheme not in ("http", "https"):
        raise InvalidUrl(f"{url!r} cannot be audited: its scheme is {parts.scheme!r}; give an http:// or https:// URL.")
    if parts.username is not None or parts.password is not None:
        raise InvalidUrl(
            f"The URL for {host!r} has a user name or password, which the log would keep for good; remove it."
        )
    if not host:
        raise InvalidUrl(f"{url!r} does not have a host; give a full URL such as 'https://example.com/'.")
    return url


def request_event(
    audit_id: str,
    *,
    origin: str,
    url: str | None = None,
    tier: str | None = None,
    command: Sequence[str] = (),
    visitor: Visitor | None = None,
    login: LoginUse | None = None,
    context: RequestContext | None = None,
) -> AuditRequested:
    """Return the first event of a run, with the versions of what runs; *origin* is audit, record or ingest."""
    context = context or RequestContext()
    return AuditRequested(
        audit_id=audit_id,
        url=url,
        tier=tier,
        origin=origin,
        command=list(command),
        veritas_version=veritas.__version__,
        platform=platform.platform(),
        python=platform.python_version(),
        recorder=ProcessIdentity.own(),
        visitor=visitor,
        login=login,
        batch=context.batch,
        tags=list(context.tags),
        job=context.job,
    )


def finish(archive: Archive, recorder: RunRecorder, end: RunFinished) -> str | None:
    """Record how a run ended, and sign a checkpoint that covers it; return why it could not be signed, or None.

    The end names a checkpoint that exists by then, so that it shows if all of them are removed later. If the end is not
    in the log but in a spool, none is signed until that is ingested.
    """
    if recorder.spool is None:
        end = structs.replace(end, checkpoint=checkpoint_to_name(archive.log))
    recorder.note(end)
    if recorder.spool is not None:
        return None
    if (error := try_checkpoint(archive.log, attempt=recorder.retry.call)) is not None:
        recorder.note(CheckpointFailed(error))
    return error


def effective_mode(recorder: RunRecorder) -> str:
    """Return the run's effective mode: the transports that events arrived over."""
    return "+".join(sorted(recorder.received)) or "none"


def describe_failure(recorder: RunRecorder, exit_status: int) -> str:
    """Return why a run failed, in a sentence."""
    if exit_status < 0:
        return f"The child process was killed by {_signal_name(-exit_status)}."
    if recorder.last_error is not None:
        return recorder.last_error
    return f"The child process ended with exit status {exit_status}."


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
