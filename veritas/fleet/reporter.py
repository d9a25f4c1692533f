"""The Reporter: it passes on what a worker says."""

from __future__ import annotations

from collections.abc import Callable

from veritas.secrets import Secrets


class Reporter:
    """Passes on sentences with their secrets masked, unless several threads of the worker say the same."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._last = ""
        self._secrets = Secrets()  # the queue has the URLs as they were given

    def __call__(self, sentence: str) -> None:
        """Pass on a sentence; not one that was the last."""
        if sentence != self._last:
            self._last = sentence
            self._report(self._secrets.mask(sentence))
