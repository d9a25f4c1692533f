"""The player's data: a run as its page shows it, in parts, and each event exactly as it was recorded."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from starlette.responses import Response

from veritas.archive.liveness import is_orphaned
from veritas.events.recorder_events import ABANDONED
from veritas.report.chips import Chip, status_chip
from veritas.report.notes import ABANDONED_NOTE
from veritas.web.endpoint import JSON
from veritas.web.problem import Problem
from veritas.web.recordings import Part
from veritas.web.site import Site

MOST_EVENTS = 5_000  # of a part
_NOT_FROM_HERE = "Something was removed from the run since its earlier events were read; read it again from the first."


class PlayerRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which events of a run.

    Attributes:
        id: The run; see `GET /api/audit/{id}/status`.
        after: Only events after this position in the log.
        removal: The `removal` of the parts before.
        limit: The number of events.
    """

    id: str
    after: Annotated[int, msgspec.Meta(ge=0)] = 0
    removal: Annotated[int, msgspec.Meta(ge=0)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_EVENTS)] = MOST_EVENTS


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a run in words.

    Attributes:
        status: Its status, and the tone of its colour.
        duration: How long it took; null while it has not ended.
        score: The trust score; null if there is none.
        verdict: The risk level.
        tone: The tone of the risk level: `good`, `fair`, `bad`, `note`, or empty.
        notes: What went wrong, in sentences: why the run failed, and each change of transport.
    """

    status: Chip
    duration: str | None
    score: str | None
    verdict: str
    tone: str
    notes: list[str]


class PlayerPart(msgspec.Struct, frozen=True, kw_only=True):
    """Events of a run as the player shows them.

    Attributes:
        run_id: The run.
        recording: The events, column by column, with the screenshots and network requests that belong to them.
        patches: For each event, what it changes in the state that `veritas show --at` prints, as JSON text: an object
            with an operation for each member that changes. `[value]` sets it, `[]` removes it, `[units, text]` leaves
            out so many UTF-16 units at the beginning of a text and appends another, and an object has the operations
            for the members of an object, or for the items of a list by index.
        next: The `after` of the next part; null if there is no further event yet.
        removal: The position of the last event by which something was removed from the run; 0 without one.
        messages: The number of the last message of the stream that the events read so far gave.
        result: The result after the events read so far; in the last part, after all that are recorded now.
        over: Whether the run is over after these events.
    """

    run_id: str
    recording: dict[str, Any]
    patches: list[str]
    next: int | None
    removal: int
    messages: int
    result: Result
    over: bool


def run_player(site: Site, request: PlayerRequest) -> PlayerPart:
    """Return events of a run as the player shows them, with the changes of the state.

    The state after an event is that of `GET /api/v1/runs/{id}/state` at its number. The patches of all events from the
    first one on, applied in order to an empty object, give it. If something was removed from the run since the
    parts before were read, the answer is 409, and the run must be read again from its first event.
    """
    run_id = site.resolve(request.id)
    part = site.recordings.part(run_id, after=request.after, limit=request.limit)
    if request.after and part.removal != request.removal:
        raise Problem(409, _NOT_FROM_HERE)
    orphaned = not part.ended and part.following is None and is_orphaned(site.archive, run_id)
    result = _result(part)
    return PlayerPart(
        run_id=run_id,
        recording=part.events,
        patches=[*part.patches],
        next=part.following,
        removal=part.removal,
        messages=part.messages,
        result=_abandoned(result) if orphaned else result,
        over=part.ended or orphaned,
    )


class EventRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a run.

    Attributes:
        id: The run; see `GET /api/audit/{id}/status`.
        position: The event's position in the log.
    """

    id: str
    position: Annotated[int, msgspec.Meta(ge=1)]


def run_event(site: Site, request: EventRequest) -> Response:
    """Return an event exactly as it was recorded: a line of `events.jsonl` in a bundle, without a proof."""
    run_id = site.resolve(request.id)
    line = site.archive.log.event_line(run_id, request.position)
    if line is None:
        raise Problem(404, f"The run {run_id!r} has no event at position {request.position}.")
    return Response(line, media_type=JSON)


def _result(part: Part) -> Result:
    heading = part.heading
    return Result(
        status=heading.status,
        duration=heading.duration,
        score=heading.score,
        verdict=heading.verdict,
        tone=heading.tone,
        notes=[*part.notes],
    )


def _abandoned(result: Result) -> Result:
    return msgspec.structs.replace(result, status=status_chip(ABANDONED), notes=[ABANDONED_NOTE, *result.notes])
