"""The leads of a tee: which of the two transports delivered each event first, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from veritas.archive.archive import Archive
from veritas.diff.transports.delivery import number_of
from veritas.diff.transports.latency import Latency, Lead
from veritas.diff.transports.tee import QUEUE, SOURCES
from veritas.formatting import short_number
from veritas.report.plot import Frame, Tick, x_of, y_of

MOST_LEADS = 200  # of a page
_HEIGHT = 240
_MILLI = 1000


@dataclass(frozen=True)
class LeadRow:
    """The lead of one event.

    Attributes:
        number: The event's number.
        event: The event, as `phase/step`.
        source: The transport that was first.
        lead: By how many milliseconds.
        x: Its place in the plot.
        y: Its place, above the middle if the queue was first.
    """

    number: int
    event: str
    source: str
    lead: str
    x: float
    y: float


@dataclass(frozen=True)
class Leads:
    """A page of the leads of a run.

    Attributes:
        frame: The frame of the plot.
        rows: The leads, in the order of the events' numbers.
        middle: The place of a lead of zero.
        total: How many events came over both transports.
        offset: How many of them come before the first of this page.
        facts: How often each transport was first, and by how much in half of the cases and in most.
    """

    frame: Frame
    rows: Sequence[LeadRow]
    middle: float
    total: int
    offset: int
    facts: Sequence[tuple[str, str]]


def leads_of(archive: Archive, run_id: str, latency: Latency, offset: int) -> Leads:
    """Return a page of the leads of a run."""
    chosen = list(islice(latency.each(), offset, offset + MOST_LEADS))
    names = _names(archive, run_id, {lead.number for lead in chosen})
    longest = max((lead.seconds for lead in chosen), default=0.0) or 0.001
    rows = [
        LeadRow(
            lead.number,
            names.get(lead.number, ""),
            lead.source,
            f"{lead.seconds * _MILLI:,.1f}",
            x_of((place + 0.5) / len(chosen)),
            _y(lead.seconds / longest if lead.source == QUEUE else -lead.seconds / longest),
        )
        for place, lead in enumerate(chosen)
    ]
    return Leads(_frame(chosen, longest), rows, _y(0), len(latency.leads), offset, _facts(latency))


def _names(archive: Archive, run_id: str, numbers: set[int]) -> dict[int, str]:
    return {
        number: f"{recorded.event.phase}/{recorded.event.step}"
        for recorded in archive.events(run_id)
        if recorded.source in SOURCES and (number := number_of(recorded)) in numbers
    }


def _frame(chosen: Sequence[Lead], longest: float) -> Frame:
    text = f"{longest * _MILLI:.3g}"  # a narrow page has room for five characters
    ends = [(0, chosen[0].number), (len(chosen) - 1, chosen[-1].number)] if chosen else []
    return Frame(
        "Lead of each event: above the middle the queue was first, below it stdout; the table has the same numbers",
        _HEIGHT,
        levels=[Tick(_y(1), text), Tick(_y(0), "0"), Tick(_y(-1), text)],
        uprights=[Tick(x_of((place + 0.5) / len(chosen)), str(number)) for place, number in dict(ends).items()],
    )


def _facts(latency: Latency) -> list[tuple[str, str]]:
    values = latency.as_dict()
    first = ", ".join(f"{source} {number:,}" for source, number in values["first"].items())
    named = {"lead": values["lead_ms"]} | {f"delay over {name}": each for name, each in values["delay_ms"].items()}
    times = [
        (name, ", ".join(f"{short_number(ms)} ms at {percentile}" for percentile, ms in each.items()))
        for name, each in named.items()
        if each
    ]
    return [("first", f"{first} of {len(latency.leads):,} events"), *times]


def _y(share: float) -> float:
    """Return the place of a lead, from -1 (the longest one of stdout) to 1 (the longest one of the queue)."""
    return y_of((share + 1) / 2, _HEIGHT)
