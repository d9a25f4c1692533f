"""The site: the collaborators that the API and the pages answer from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from veritas.archive.archive import Archive
from veritas.batch.ids import is_batch
from veritas.errors import UnknownAudit
from veritas.web.actions import Actions
from veritas.web.bundles import Bundles
from veritas.web.problem import Problem
from veritas.web.recordings import Recordings
from veritas.web.rollout_results import RolloutResults
from veritas.web.security.access import Access
from veritas.web.streams import Streams
from veritas.web.verifications import Verifications


@dataclass(frozen=True, kw_only=True)
class Site:
    """What a server serves.

    Attributes:
        archive: The log; any number of threads read it.
        streams: The streams of its runs.
        access: Who may ask.
        actions: What the server does for its users; None if it only reads.
        verifications: The verifications of the log.
        bundles: The bundles to download.
    """

    archive: Archive
    streams: Streams
    access: Access
    verifications: Verifications
    bundles: Bundles
    actions: Actions | None = None

    @cached_property
    def recordings(self) -> Recordings:
        """The runs as the player shows them."""
        return Recordings(self.archive)

    @cached_property
    def rollout_results(self) -> RolloutResults:
        """The results of the rollouts."""
        return RolloutResults(self.archive)

    def forget(self) -> None:
        """Forget what was read from the log, because another one is in its place and is open."""
        self.recordings.clear()
        self.rollout_results.clear()
        self.verifications.clear()

    def resolve(self, audit: str) -> str:
        """Return the run that *audit*, the beginning of an id, `latest` or `latest:URL`, refers to.

        Raises:
            UnknownAudit: There is none, or there are several, or it is a batch.
        """
        run_id = self.archive.resolve(audit)
        if is_batch(run_id):
            raise UnknownAudit(f"{run_id!r} is a batch, and not an audit; the history lists its audits.")
        return run_id

    def require_actions(self) -> Actions:
        """Return the actions.

        Raises:
            Problem: The server only reads.
        """
        if self.actions is None:
            raise Problem(403, "This server only reads; start it with `veritas serve --allow-actions`.")
        return self.actions
