"""The options that check audits for continuous integration, and what they do with the audits' runs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from veritas.cli.lib.completion import complete_audit, complete_rule
from veritas.cli.lib.exit_status import NO, YES
from veritas.cli.lib.options import OutputFile

if TYPE_CHECKING:
    from veritas.archive.archive import Archive
    from veritas.batch.batch import Batch
    from veritas.ci.baseline import Baselines
    from veritas.ci.check import Check
    from veritas.ci.rule import Rule
    from veritas.projections.audit_state import AuditState

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class CheckChoices:
    """How audits are to be checked, as the command line has it.

    Attributes:
        fail_on: The rules.
        baseline: The name of the baseline; None for none.
        junit: The file for the results as JUnit XML; None for none.
        sarif: The file for the findings as SARIF; None for none.
    """

    fail_on: tuple[str, ...]
    baseline: str | None
    junit: Path | None
    sarif: Path | None

    @property
    def are_made(self) -> bool:
        """Whether any option was given."""
        return bool(self.fail_on or self.baseline or self.junit or self.sarif)

    def rules(self) -> list[Rule]:
        """Return the rules.

        Raises:
            UsageError: One is not a rule, or does not go with the baseline.
        """
        from veritas.ci.rule import NEW_FINDINGS, parse_rules
        from veritas.errors import UsageError

        rules = parse_rules(self.fail_on)
        compares = any(rule.subject == NEW_FINDINGS for rule in rules)
        if compares and self.baseline is None:
            raise UsageError(
                "The rule new-findings needs something to compare with; give --baseline latest, or an AUDIT."
            )
        if self.baseline is not None and not compares and self.sarif is None:
            raise UsageError("Nothing is compared with --baseline; add --fail-on new-findings, or leave it out.")
        return rules

    @contextlib.contextmanager
    def checking(self, archive: Archive, *, force: bool) -> Iterator[Callable[[Iterable[AuditState]], list[Check]]]:
        """Check the options and open the files; give a function that checks runs and writes the files.

        So no audit is lost because a rule or the baseline is wrong, or a file cannot be written.

        Raises:
            UsageError: A rule is wrong, the baseline cannot be one, or a file exists or cannot be created.
        """
        from veritas.ci.baseline import Baselines
        from veritas.files import atomic_file

        rules = self.rules()
        baselines = None if self.baseline is None else Baselines(archive, self.baseline)
        with contextlib.ExitStack() as files:
            opened = [
                None if path is None else files.enter_context(atomic_file(path, force=force))
                for path in (self.junit, self.sarif)
            ]

            def check_runs(states: Iterable[AuditState]) -> list[Check]:
                checks = _checks(archive, states, rules, baselines)
                for file, write in zip(opened, _writers(), strict=True):
                    if file is not None:
                        file.write(write(checks))
                return checks

            yield check_runs


def recorded_states(archive: Archive, audits: Iterable[str]) -> Iterator[AuditState]:
    """Yield the state of each audit's latest run, and of every audit of a batch, each once.

    Args:
        archive: The log.
        audits: Names for `Archive.resolve`, or ids of batches.

    Raises:
        UnknownAudit, UnknownBatch: The log has no such audit or batch.
    """
    from veritas.archive.batches import resolve_batch
    from veritas.batch.batch import Batch
    from veritas.batch.ids import is_batch

    seen: set[str] = set()
    for name in audits:
        if is_batch(name):
            states = _of_batch(archive, Batch.read(archive, resolve_batch(archive, name)))
        else:
            states = iter([_state_of(archive, archive.resolve(name))])
        for state in states:
            if state.run_id not in seen:
                seen.add(state.run_id)
                yield state


def _of_batch(archive: Archive, batch: Batch) -> Iterator[AuditState]:
    """Yield the state of the latest run of each of a batch's audits; one that has not begun does not pass."""
    from veritas.events.recorder_events import AuditRequested
    from veritas.projections.audit_state import AuditState

    for number in range(1, batch.request.count + 1):
        audit_id = batch.audit_id(number)
        if runs := archive.runs(audit_id):
            yield _state_of(archive, runs[-1])
            continue
        skipped = batch.skipped.get(number)
        yield AuditState(
            run_id=f"{audit_id}.1",
            status="skipped" if skipped else "not begun",
            error=skipped.reason if skipped else None,
            request=AuditRequested(audit_id, batch.urls.get(number), batch.request.tier, "audit", batch=batch.id),
        )


def _state_of(archive: Archive, run_id: str) -> AuditState:
    from veritas.archive.liveness import is_orphaned
    from veritas.projections.audit_state import AuditState

    state = AuditState.of(archive.events(run_id))
    if not state.ended and is_orphaned(archive, run_id):
        state.mark_abandoned()
    return state


def check_options(command: F) -> F:
    """Add the options that check audits; the command receives `choices` of the type `CheckChoices` as `checks`."""

    @wraps(command)
    def with_checks(
        *args: Any,
        fail_on: tuple[str, ...],
        baseline: str | None,
        junit: Path | None,
        sarif: Path | None,
        **values: Any,
    ) -> Any:
        return command(*args, checks=CheckChoices(fail_on, baseline, junit, sarif), **values)

    for option in reversed(_OPTIONS):
        with_checks = option(with_checks)
    return cast(F, with_checks)


def print_checks(checks: Sequence[Check], *, err: bool = False) -> int:
    """Write the ruling of each rule, the broken ones first; return the exit status.

    Args:
        checks: The checks.
        err: Whether to write to stderr, because stdout has other data.
    """
    from veritas.formatting import count, escape_control_characters

    failed = [check for check in checks if not check.passed]
    if err:
        for check in failed:
            for ruling in check.rulings:
                if ruling.outcome != "passed":
                    line = f"{ruling.outcome}: {ruling.rule}: {ruling.why}"
                    click.echo(
                        escape_control_characters(f"{check.name}: {line}" if len(checks) > 1 else line), err=True
                    )
    else:
        _print_table(checks)
    if failed:
        several = f"{len(failed):,} of {count(len(checks), 'audit')} did not pass."
        click.echo(several if len(checks) > 1 else "The audit did not pass.", err=True)
    return NO if failed else YES


def _checks(
    archive: Archive, states: Iterable[AuditState], rules: Sequence[Rule], baselines: Baselines | None
) -> list[Check]:
    from veritas.archive.integrity import describe_fault, find_fault
    from veritas.ci.check import check

    checks = []
    for state in states:
        fault = find_fault(archive, state.run_id) if state.position else None
        found = None if fault is None else describe_fault(fault)
        checks.append(check(state, rules, baselines=baselines, fault=found))
    return checks


def _print_table(checks: Sequence[Check]) -> None:
    from veritas.ci.ruling import FAILED, PASSED, UNKNOWN
    from veritas.cli.lib import table
    from veritas.cli.lib.table import Column, print_table

    order = (FAILED, UNKNOWN, PASSED)
    rows = sorted(
        ((check, ruling) for check in checks for ruling in check.rulings), key=lambda row: order.index(row[1].outcome)
    )
    columns = [Column("outcome"), Column("rule"), Column("why", fold=True)]
    if len(checks) > 1:
        columns.append(Column("url", fold=True))
    print_table(
        columns,
        (
            (
                table.good(ruling.outcome) if ruling.outcome == PASSED else table.bad(ruling.outcome),
                ruling.rule,
                ruling.why,
                *([check.name] if len(checks) > 1 else []),
            )
            for check, ruling in rows
        ),
    )


def _writers() -> tuple[Callable[[Sequence[Check]], bytes], Callable[[Sequence[Check]], bytes]]:
    from veritas.ci.junit import junit
    from veritas.ci.sarif import sarif

    return junit, sarif


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--fail-on",
        multiple=True,
        metavar="RULE",
        shell_complete=complete_rule,
        help="Exit with 1 if this applies: risk>=LEVEL, score<NUMBER, finding:KIND, finding:severity>=SEVERITY or "
        "new-findings. Repeatable, and several may be joined by |.",
    ),
    click.option(
        "--baseline",
        metavar="AUDIT",
        shell_complete=complete_audit,
        help="What new-findings compares with: an audit, or `latest` for the latest earlier one of the same URL.",
    ),
    click.option("--junit", type=OutputFile(), metavar="FILE", help="Write the results to this file as JUnit XML."),
    click.option("--sarif", type=OutputFile(), metavar="FILE", help="Write the findings to this file as SARIF 2.1.0."),
)
