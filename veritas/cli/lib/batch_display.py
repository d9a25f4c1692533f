"""The display of a running batch on stderr: what is done, what runs and the time left, or lines in a pipe."""

from __future__ import annotations

import contextlib
import sys
import time
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import click

from veritas.batch.observer import BatchObserver
from veritas.batch.schedule import Target
from veritas.cli.lib import table
from veritas.events.json import as_number, as_text
from veritas.events.recorder_events import COMPLETED
from veritas.formatting import duration, escape_control_characters, short_number
from veritas.projections.descriptions import message_label
from veritas.recording.run import RunOutcome

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live

_RECENT = 50  # ended audits that the rate is computed from
_SHOWN = 16  # running audits that a terminal shows


class BatchDisplay(BatchObserver):
    """Shows a batch as it runs. If stderr cannot be written to, the batch continues without a display."""

    def __init__(self, total: int) -> None:
        """Make a display for *total* URLs."""
        self._total = total
        self._done = self._failed = 0
        self._began = time.monotonic()
        self._ends: deque[float] = deque([self._began], maxlen=_RECENT + 1)
        self._running: dict[int, tuple[Target, float, str]] = {}
        self._verdicts: dict[int, Mapping[str, Any]] = {}
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if sys.stderr is not None and sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            console = Console(file=sys.stderr, highlight=False, markup=False, emoji=False)
            self._live = Live(
                get_renderable=lambda: self._render(console),
                console=console,
                refresh_per_second=4,
                transient=True,
                redirect_stdout=False,
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def started(self, target: Target, audit_id: str) -> None:
        """Show the audit among those that run."""
        self._running[target.number] = target, time.monotonic(), "Starting"

    def progressed(self, target: Target, message: Mapping[str, Any]) -> None:
        """Show the phase that an audit is in, and keep its verdict."""
        if message["type"] == "audit_complete":
            self._verdicts[target.number] = message
        _, since, _ = self._running[target.number]
        self._running[target.number] = target, since, message_label(message)

    def ended(self, target: Target, outcome: RunOutcome) -> None:
        """Write the audit's line."""
        verdict = self._verdicts.pop(target.number, {})
        risk, score = as_text(verdict.get("risk_level")), as_number(verdict.get("trust_score"))
        took = f" ({took})" if (took := duration(as_number(verdict.get("duration")))) else ""
        if outcome.status == COMPLETED:
            self._end(target, f"{risk or COMPLETED}{'' if score is None else f' {short_number(score)}'}", took, risk)
        else:
            self._failed += 1
            self._end(target, outcome.status, f": {outcome.error or 'no reason is known'}", "high_risk")

    def could_not_start(self, target: Target, error: Exception) -> None:
        """Write the audit's line."""
        self._failed += 1
        self._end(target, "failed", f": {error}", "high_risk")

    def skipped(self, target: Target, reason: str) -> None:
        """Write the line of a URL that is not audited."""
        self._end(target, "skipped", f": {reason}", "suspicious")

    def paused(self, target: Target, seconds: float) -> None:
        """Write that a host wants a pause."""
        self.show_line(f"{target.host} asks for {duration(seconds)} without a visit.")

    def show_line(self, text: str) -> None:
        """Write a line that is about the batch as a whole."""
        self._write(text, "")

    def _end(self, target: Target, outcome: str, rest: str, risk: str | None) -> None:
        self._running.pop(target.number, None)
        self._done += 1
        self._ends.append(time.monotonic())
        width = len(f"{self._total:,}")
        line = f"[{self._done:>{width},}/{self._total:,}] {outcome}  {target.url}{rest}"
        self._write(line, table.risk(risk, "").style)

    def _write(self, text: str, style: str) -> None:
        text = escape_control_characters(text)
        with contextlib.suppress(OSError):
            if self._live is None:
                click.echo(text, err=True)
            else:
                from rich.text import Text

                self._live.console.print(Text(text, style=style))

    def _render(self, console: Console) -> RenderableType:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        bar = Table.grid(padding=(0, 1))
        failed = Text(f"{self._failed:,} failed", style="red" if self._failed else "dim")
        head = Text(f"{self._done:,} of {self._total:,}", style="bold")
        bar.add_row(ProgressBar(self._total, self._done, width=20), head, failed, Text(self._pace(), style="dim"))
        running = Table.grid(padding=(0, 2, 0, 0), expand=True)
        for column in ({"width": 8, "justify": "right"}, {"width": 24}, {"ratio": 1}):
            running.add_column(no_wrap=True, overflow="ellipsis", **column)
        now = time.monotonic()
        rows = max(1, min(_SHOWN, console.height // 2))  # the ended audits need room too
        for target, since, label in [*self._running.values()][:rows]:
            cells = (duration(now - since) or "", label, target.url)
            running.add_row(*(Text(escape_control_characters(cell)) for cell in cells))
        if len(self._running) > rows:
            running.add_row("", Text(f"and {len(self._running) - rows} more", style="dim"), "")
        return Group(bar, running)

    def _pace(self) -> str:
        """Return the rate of the last audits and the time that the rest takes at it; empty before the first end."""
        passed, ended = time.monotonic() - self._ends[0], len(self._ends) - 1
        if not ended or passed <= 0:
            return ""
        left = (self._total - self._done) * passed / ended
        return f"{60 * ended / passed:.1f} a minute, {duration(left)} left"
