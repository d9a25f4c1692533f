"""The filter for `veritas list`, from what a user gives, and a sentence for a value that no run has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches

from store.log import RunFilter
from veritas.archive.archive import Archive
from veritas.archive.batches import resolve_batch
from veritas.audit.verdict import INCONCLUSIVE, RISK_LEVELS, UNKNOWN_RISK
from veritas.errors import UsageError
from veritas.events.json import decode_json
from veritas.events.recorder_events import BatchCreated
from veritas.events.tag import check_tag
from veritas.formatting import named_values
from veritas.projections.run_summary import runs_of
from veritas.projections.url_key import url_filter

_LEVELS = [level for level, _ in RISK_LEVELS]  # the safest first
_AT_LEAST = ">="
RISK_FILTERS = (*_LEVELS, INCONCLUSIVE, UNKNOWN_RISK, *(f"{_AT_LEAST}{level}" for level in _LEVELS))
_MOST_SIMILAR = 10  # hosts


def run_filter(
    archive: Archive,
    *,
    url: str | None,
    statuses: Sequence[str],
    tags: Sequence[str],
    kinds: Sequence[str],
    risks: Sequence[str],
    batch: str | None,
    since: float | None,
    until: float | None,
) -> RunFilter:
    """Return the filter.

    Args:
        archive: The log.
        url: A page, or a host, as `latest:URL` has it.
        statuses: Statuses, of which a run must have one.
        tags: Tags, of which it must have all.
        kinds: Kinds of findings, of which it must have all.
        risks: Risk levels, each alone or as `>=LEVEL`, of which it must have one.
        batch: The beginning of a batch's id, or `latest`.
        since: When it must have been requested, or later: seconds since the epoch.
        until: Before which time it must have been requested.

    Raises:
        UsageError: A value does not exist in the log, or not at all.
    """
    return RunFilter(
        statuses=tuple(statuses),
        url=None if url is None else url_filter(archive.as_recorded(url)),
        tags=tuple(map(check_tag, tags)),
        kinds=tuple(kinds),
        risks=tuple(dict.fromkeys(level for text in risks for level in _levels(text))),
        batches=() if batch is None else (resolve_batch(archive, batch),),
        since=since,
        until=until,
    )


def require_known(archive: Archive, wanted: RunFilter, url: str | None) -> None:
    """Check that each value of a filter that matches no run is one that some run has.

    Args:
        archive: The log, whose read model is current.
        wanted: The filter.
        url: The URL as the user gave it.

    Raises:
        UsageError: One is not; the message names those that exist.
    """
    model = runs_of(archive.log)
    if wanted.url is not None and not model.count(RunFilter(url=wanted.url)):
        hosts = model.values_of("host")
        similar = get_close_matches(wanted.url.host or "", hosts, _MOST_SIMILAR, cutoff=0.5)
        named = _existing("similar host", similar) if similar else _existing("host", hosts)
        raise UsageError(f"No audit of {url!r} is recorded; {named}.")
    for tag in wanted.tags:
        _require(model.count(RunFilter(tags=(tag,))), f"No audit has the tag {tag!r}", "tag", lambda: tags_of(archive))
    for kind in wanted.kinds:
        found = model.count(RunFilter(kinds=(kind,)))
        _require(found, f"No audit has a finding of the kind {kind!r}", "kind", lambda: kinds_of(archive))


def why_none(archive: Archive, wanted: RunFilter) -> str:
    """Return a sentence that says why a filter matches no run.

    Args:
        archive: The log, whose read model is current and which has events.
        wanted: The filter.
    """
    if runs_of(archive.log).count(RunFilter(batches=wanted.batches)):
        return "No audit matches all of the filters; leave one of them out."
    created = wanted.batches or [recorded.run_id for recorded in archive.recorder_events(BatchCreated.type)]
    if not created:
        return "No audit is recorded yet; `veritas URL` audits a site."
    return f"No audit of the batch {created[-1]!r} has begun; `veritas show {created[-1]}` shows the batch."


def tags_of(archive: Archive) -> list[str]:
    """Return every tag that an audit has, in order."""
    arrays = runs_of(archive.log).values_of("tags")
    return sorted({tag for array in arrays for tag in decode_json(b'{"":%b}' % array.encode())[""]})


def kinds_of(archive: Archive) -> list[str]:
    """Return every kind of finding that an audit has, in order."""
    objects = runs_of(archive.log).values_of("kinds")
    return sorted({kind for counts in objects for kind in decode_json(counts.encode())})


def _levels(text: str) -> Iterable[str]:
    level = text.removeprefix(_AT_LEAST).strip()
    if text.startswith(_AT_LEAST) and level in _LEVELS:
        return _LEVELS[_LEVELS.index(level) :]
    if text == level and level in (*_LEVELS, INCONCLUSIVE, UNKNOWN_RISK):
        return (level,)
    named = ", ".join([*_LEVELS, INCONCLUSIVE, UNKNOWN_RISK])
    raise UsageError(f"{text!r} is not a risk level; give one of {named}, or '>=' and one of the first five.")


def _require(found: int, sentence: str, noun: str, values: Callable[[], list[str]]) -> None:
    if not found:
        raise UsageError(f"{sentence}; {_existing(noun, values())}.")


def _existing(noun: str, values: Sequence[str]) -> str:
    return f"the {noun}s in this log are {named_values(values)}" if values else f"this log has no {noun}"
