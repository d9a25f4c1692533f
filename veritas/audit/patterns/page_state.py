"""A page at one moment of its trial, and when that was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from veritas.audit.patterns.dom_snapshot import Snapshot


@dataclass(frozen=True)
class Moment:
    """A page as it stood at one moment.

    Attributes:
        snapshot: How it was rendered.
        page_time: The page's own time, in seconds from the trial's start.
        real_time: The world's time, in seconds from the trial's start.
        age: Seconds of the page's own time since this load of it began.
        data_requests: How many requests for data the page had sent by then.
        told: A digest of all that the server told this load of the page; None where that is not known.
    """

    snapshot: Snapshot
    page_time: float = 0
    real_time: float = 0
    age: float = 0
    data_requests: int = 0
    told: str | None = None

    def told_as(self, other: Moment) -> bool:
        """Tell whether the server is known to have told both loads the same: what differs is the page's own doing."""
        return self.told is not None and self.told == other.told


@dataclass(frozen=True)
class Trial:
    """What a page looked like under a clock that was driven.

    Attributes:
        opened: A few seconds after it was loaded, as a visitor finds it.
        later: The same load, two seconds on.
        far: The same load, a minute on.
        reloaded: Loaded again by the same visitor.
        newcomer: Loaded again by a visitor of whom the site knows nothing.
        expired: After the last countdown on it should have run out.
        dice_low: Loaded with every random number next to 0.
        dice_high: Loaded with every random number next to 1.
        dice_low_again: As `dice_low`, after it; only where the two differ.
        dice_high_again: As `dice_high`, after it.
        unescaped: After the Escape key.
        screenshots: PNGs of the full page, by the name of the moment.
        unknown: What could not be tried, and why.
    """

    opened: Moment
    later: Moment | None = None
    far: Moment | None = None
    reloaded: Moment | None = None
    newcomer: Moment | None = None
    expired: Moment | None = None
    dice_low: Moment | None = None
    dice_high: Moment | None = None
    dice_low_again: Moment | None = None
    dice_high_again: Moment | None = None
    unescaped: Moment | None = None
    screenshots: Mapping[str, bytes] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
