"""Bundles to download: each is made in a temporary directory, which is gone after any end of the download."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from store.errors import BundleAltered, BundleTooLarge
from veritas.archive.archive import Archive
from veritas.archive.bundles import export
from veritas.archive.run_selection import RunSelection
from veritas.scratch import HeldDirectory
from veritas.web.problem import Problem

MOST_BUNDLES = 2  # that are made or sent at once
MEDIA_TYPE = "application/zip"


class Bundles:
    """Makes bundles of a log; any thread may use it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._lock = threading.Lock()
        self._directories: list[HeldDirectory] = []

    def make(self, selection: RunSelection, *, remedy: str) -> FileResponse:
        """Return the bundle of runs, made and verified as by `veritas export`, except that nothing is signed.

        Args:
            selection: The runs.
            remedy: What to do if no checkpoint covers them, as the end of a sentence.

        Raises:
            Problem: No checkpoint covers them, the log is not as it was recorded, they do not fit into a bundle, or
                there is no room for it.
            UsageError: One of them was archived.
            store.errors.StoreError: The log cannot be read.
        """

        def refuse() -> NoReturn:
            raise Problem(409, f"No checkpoint covers all events of {selection.id!r} yet; {remedy}.")

        with ExitStack() as stack:
            try:
                directory = self._take()
                stack.callback(self._remove, directory)
                target = Path(directory.path) / "bundle" / "audit.veritas.zip"
                target.parent.mkdir()  # the directory above is locked, and the export locks its own
                export(self._archive, selection.runs, target, key=refuse)
            except (BundleAltered, BundleTooLarge) as error:
                raise Problem(409, str(error)) from error
            except OSError as error:
                why = error.strerror or "it is not there"
                raise Problem(507, f"The server cannot use its directory for temporary files: {why}.") from error
            return _Download(target, f"{selection.file_stem}.veritas.zip", stack.pop_all().close)

    def close(self) -> None:
        """Remove all bundles."""
        for directory in [*self._directories]:
            self._remove(directory)

    def _take(self) -> HeldDirectory:
        with self._lock:
            if len(self._directories) >= MOST_BUNDLES:
                raise Problem(
                    429, f"{MOST_BUNDLES} bundles are being exported already; wait until one of them is done."
                )
            directory = HeldDirectory.make()
            self._directories.append(directory)
            return directory

    def _remove(self, directory: HeldDirectory) -> None:
        with self._lock:
            if directory in self._directories:
                self._directories.remove(directory)
        directory.remove()


class _Download(FileResponse):
    """Sends a bundle, and then removes it."""

    def __init__(self, path: Path, name: str, remove: Callable[[], object]) -> None:
        super().__init__(path, media_type=MEDIA_TYPE, filename=name)
        self._remove = remove

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._remove()
