"""PageState, a page at one time of an experiment, and Experiment, all states of one page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from veritas.audit.patterns.dom_snapshot import Snapshot


@dataclass(frozen=True)
class PageState:
    """A page at one time of an experiment.

    Attributes:
        snapshot: The page as it was rendered.
        page_time: The page's virtual time, in seconds from an arbitrary start.
        real_time: The real time, in seconds from the same start.
        age: Seconds of virtual time since this load of the page began.
        data_requests: The number of requests for data that the page had sent.
        content_digest: A digest of the documents and scripts that the server sent for this load; None if the page may
            have received other data.
    """

    snapshot: Snapshot
    page_time: float = 0
    real_time: float = 0
    age: float = 0
    data_requests: int = 0
    content_digest: str | None = None

    def has_same_content(self, other: PageState) -> bool:
        """Return whether the server is known to have sent the same for both loads, so that only the page differs."""
        return self.content_digest is not None and self.content_digest == other.content_digest


@dataclass(frozen=True)
class Experiment:
    """The states of one page under virtual time.

    Attributes:
        opened: A few seconds after it was loaded, as a visitor finds it.
        later: The same load, two seconds later.
        minute_later: The same load, a minute later.
        waited: The same load, after some seconds of real time; only if a clock did not move with virtual time.
        reloaded: Loaded again by the same visitor; it may be the same load as `random_low`.
        new_visitor: Loaded again without any cookie or other stored data; it may be the same load as `random_high`.
        expired: After every countdown on it has run out.
        random_low: Loaded with `Math.random()` stubbed to a value near 0.
        random_high: Loaded with `Math.random()` stubbed to a value near 1.
        random_low_again: As `random_low`, a second time; only if `random_low` and `random_high` differ.
        random_high_again: As `random_high`, a second time.
        day_later: Loaded a day later by the page's clock; only if a claim with a number did not change before.
        after_escape: After the Escape key was pressed.
        screenshots: PNGs of the full page or of the window, by the name of the state.
        workers: The number of workers of the page, whose clocks are not controlled.
        limits_reached: The names of the limits that the visit reached.
        unknown: What could not be tested, and why, in sentences.
    """

    opened: PageState
    later: PageState | None = None
    minute_later: PageState | None = None
    waited: PageState | None = None
    reloaded: PageState | None = None
    new_visitor: PageState | None = None
    expired: PageState | None = None
    random_low: PageState | None = None
    random_high: PageState | None = None
    random_low_again: PageState | None = None
    random_high_again: PageState | None = None
    day_later: PageState | None = None
    after_escape: PageState | None = None
    screenshots: Mapping[str, bytes] = field(default_factory=dict)
    workers: int = 0
    limits_reached: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def expired_load(self) -> PageState:
        """The first state of the load in which every countdown on the page was run to its end."""
        low, high = (self.random_low, self.random_low_again), (self.random_high, self.random_high_again)
        loads = filter(None, (self.new_visitor, self.reloaded, *low, *high))
        return max((self.opened, *loads), key=lambda state: state.real_time)
