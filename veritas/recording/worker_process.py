"""The WorkerProcess: a child process with a warm browser that does one audit after another."""

from __future__ import annotations

from types import TracebackType
from typing import Self


class WorkerProcess:
    """A child process that is kept for the next audit; a context manager that ends it.

    It does one audit at a time. One that died is replaced when the next audit begins.
    """

    def close(self) -> None:
        """End the process; a second call does nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
