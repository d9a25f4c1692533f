"""A rollout over time: how many audits got which mode, minute by minute, or day by day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from veritas.rollout.metrics import Period, Values

_LENGTHS = (60.0, 600.0, 3_600.0, 21_600.0, 86_400.0, 604_800.0)  # a minute to a week
_MOST = 60  # periods, unless it takes more than as many weeks


class Drawn(NamedTuple):
    """Runs that one stage gave the same mode, by when they were requested, in seconds since the epoch."""

    requested: Values
    queue: bool
    share: float


def periods_of(drawn: Sequence[Drawn]) -> tuple[Period, ...]:
    """Return the periods in which there were any runs, in order, some sixty at most."""
    if not sum(some.requested.size for some in drawn):
        return ()
    sizes = [some.requested.size for some in drawn]
    requested = np.concatenate([some.requested for some in drawn])
    queue = np.repeat([some.queue for some in drawn], sizes)
    shares = np.repeat([some.share for some in drawn], sizes)
    spread = float(np.ptp(requested))
    length = next((each for each in _LENGTHS if spread <= _MOST * each), _LENGTHS[-1])
    numbers, places = np.unique(np.floor(requested / length), return_inverse=True)
    runs, over_queue, wanted = (np.bincount(places, weights) for weights in (None, queue, shares))
    return tuple(
        Period(float(number) * length, length, round(over), round(every - over), float(share / every))
        for number, every, over, share in zip(numbers, runs, over_queue, wanted, strict=True)
    )
