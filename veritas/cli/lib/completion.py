"""The values that a shell offers for an option or an argument: audits, batches, tags, kinds, risk levels and rules.

Those of a log come from a file only: a server may take long to answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from veritas.archive.archive import Archive

_MOST = 500  # audits that a shell offers


def complete_audit(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the newest audits whose ids begin with *incomplete*."""
    return _recorded(ctx, incomplete, _audits)


def complete_batch(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the batches whose ids begin with *incomplete*, the newest first."""
    return _recorded(ctx, incomplete, _batches)


def complete_audit_or_batch(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the newest audits, and the batches, whose ids begin with *incomplete*."""
    return _recorded(ctx, incomplete, lambda archive: {**_batches(archive), **_audits(archive)})


def complete_tag(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the tags of the log that begin with *incomplete*."""
    from veritas.archive.run_search import tags_of

    return _recorded(ctx, incomplete, lambda archive: dict.fromkeys(tags_of(archive), ""))


def complete_kind(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the kinds of the log's findings that begin with *incomplete*."""
    from veritas.archive.run_search import kinds_of

    return _recorded(ctx, incomplete, lambda archive: dict.fromkeys(kinds_of(archive), ""))


def complete_risk(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the risk levels that begin with *incomplete*, also with `>=` before them."""
    from veritas.archive.run_search import RISK_FILTERS

    return _matching(incomplete, dict.fromkeys(RISK_FILTERS, ""))


def complete_rule(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the rules of `--fail-on` that begin with *incomplete*; of several joined by `|`, the last is completed."""
    from veritas.ci.rule import examples

    before, bar, _ = incomplete.rpartition("|")
    return _matching(incomplete, {f"{before}{bar}{rule}": "" for rule in examples()})


def _recorded(
    ctx: click.Context, incomplete: str, values: Callable[[Archive], Mapping[str, str]]
) -> list[CompletionItem]:
    """Return those of the log's values that begin with *incomplete*; none without a log in a file."""
    from veritas.archive.archive import Archive

    database: str | None = ctx.params.get("database")
    if database is not None and "://" in database and not database.startswith("sqlite:"):
        return []
    try:
        with Archive.open(database, create=False) as archive:
            return _matching(incomplete, values(archive))
    except Exception:  # whatever is wrong with the log, a shell can only show nothing
        return []


def _audits(archive: Archive) -> dict[str, str]:
    from veritas.archive.archive import LATEST
    from veritas.projections.run_summary import runs_of

    audits = {LATEST: "the latest audit"}
    for row in runs_of(archive.log).rows(limit=_MOST):
        audits.setdefault(row.audit_id, row.url or "")
    return audits


def _batches(archive: Archive) -> dict[str, str]:
    from veritas.archive.archive import LATEST
    from veritas.archive.batches import batches_of

    return {LATEST: "the latest batch", **dict.fromkeys(batches_of(archive), "")}


def _matching(incomplete: str, values: Mapping[str, str]) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(value, help=about) for value, about in values.items() if value.startswith(incomplete)]
