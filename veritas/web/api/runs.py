"""Runs: their events, their state at a point in time, and the difference of two."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any, Literal

import msgspec

from veritas.archive.event_json import event_fields
from veritas.core.transports import TRANSPORTS
from veritas.events.recorded import RecordedEvent
from veritas.replay.point_in_time import PointInTime
from veritas.replay.state_at import ShownState, shown_state, state_at
from veritas.web.api.audits import CompareRequest, compare_audits
from veritas.web.site import Site

SOURCES = (*TRANSPORTS, "recorder")
MOST_EVENTS = 1_000  # of a page


class EventsRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which events of a run to list; an event must match all that is given.

    Attributes:
        id: The run; see `GET /api/audit/{id}/status`.
        after: Only events after this position in the log.
        limit: The number of events.
        source: Only events from these sources.
        type: Only events of these types.
        phase: Only events of these phases.
    """

    id: str
    after: Annotated[int, msgspec.Meta(ge=0)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_EVENTS)] = 200
    source: list[Literal[SOURCES]] = []  # type: ignore[valid-type]
    type: list[str] = []
    phase: list[str] = []

    def matches(self, recorded: RecordedEvent) -> bool:
        """Return whether an event is wanted."""
        event = recorded.event
        chosen = ((self.source, recorded.source), (self.type, event.type), (self.phase, event.phase))
        return all(not values or value in values for values, value in chosen)


class Events(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a run's events.

    Attributes:
        run_id: The run.
        events: The events, each as `veritas events --format json` prints it.
        next: The `after` of the next page; null if there is no further event yet.
    """

    run_id: str
    events: list[dict[str, Any]]
    next: int | None


def run_events(site: Site, request: EventsRequest) -> Events:
    """List the events of a run in the order of the log, as `veritas events` does."""
    run_id = site.resolve(request.id)
    wanted = filter(request.matches, site.archive.events(run_id, after=request.after))
    page = list(islice(wanted, request.limit + 1))
    more, page = len(page) > request.limit, page[: request.limit]
    return Events(run_id=run_id, events=[*map(event_fields, page)], next=page[-1].position if more else None)


class StateRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A point in time of a run.

    Attributes:
        id: The run; see `GET /api/audit/{id}/status`.
        at: The point in time, as for `veritas show --at`: an event's number (17, or r3 for the recorder's), a phase
            (vision, vision/done), a percentage (40%), a time since the request (+3.5s), or a time in UTC; null for now.
    """

    id: str
    at: str | None = None


def run_state(site: Site, request: StateRequest) -> ShownState:
    """Return the state of a run at a point in time, as `veritas show --at POINT --json` prints it."""
    point = None if request.at is None else PointInTime.parse(request.at)
    return shown_state(site.archive, state_at(site.archive, site.resolve(request.id), point))


class DiffRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Two runs.

    Attributes:
        id: The first; see `GET /api/audit/{id}/status`.
        other: The second.
    """

    id: str
    other: str


def run_diff(site: Site, request: DiffRequest) -> dict[str, Any]:
    """Compare two runs with the usual rules, as `veritas diff A B --format json` does."""
    return compare_audits(site, CompareRequest(audit_ids=[request.id, request.other]))
