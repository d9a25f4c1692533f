"""The schedule of a batch: which URL is audited next, so that no host is visited twice at once, or without a pause.

It does not wait and has no clock: the caller says what time it is, in seconds from any beginning.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from veritas.audit.egress.addresses import normal_host


@dataclass(frozen=True)
class Target:
    """A URL of a batch.

    Attributes:
        number: Its number in the batch, from 1.
        url: The URL.
        host: The host that it is on, in the normal spelling; every port of a host is the same host.
    """

    number: int
    url: str
    host: str

    @classmethod
    def of(cls, number: int, url: str) -> Target:
        """Return the target for a URL."""
        return cls(number, url, host_key(url))


class Schedule:
    """The URLs that wait, and the hosts that are visited or were visited too recently.

    Of the hosts that may be visited, the one whose next URL was given first comes next. The URLs of a host are taken in
    their order.
    """

    def __init__(self, targets: Iterable[Target], *, pause: float) -> None:
        """Make a schedule.

        Args:
            targets: The URLs, in their order.
            pause: The seconds from the end of a host's audit to the beginning of its next one, at least.
        """
        self._pause = pause
        self._by_host: dict[str, deque[Target]] = {}
        for target in targets:
            self._by_host.setdefault(target.host, deque()).append(target)
        # Two heaps of the hosts that are not visited: those that may be, by the number of their first URL, and those
        # in their pause, by its end.
        self._free = [(waiting[0].number, host) for host, waiting in self._by_host.items()]
        self._resting: list[tuple[float, str]] = []
        heapq.heapify(self._free)
        self.waiting = sum(map(len, self._by_host.values()))

    @property
    def hosts(self) -> int:
        """How many hosts have URLs that wait, or are visited."""
        return len(self._by_host)

    def take(self, now: float) -> Target | None:
        """Return the next URL; None if none waits, or every host of those that wait is visited or in its pause.

        Its host is not visited again before `release`.
        """
        while self._resting and self._resting[0][0] <= now:
            _, host = heapq.heappop(self._resting)
            heapq.heappush(self._free, (self._by_host[host][0].number, host))
        if not self._free:
            return None
        _, host = heapq.heappop(self._free)
        self.waiting -= 1
        return self._by_host[host].popleft()

    def release(self, target: Target, now: float, *, pause: float | None = None) -> None:
        """End the visit of a host.

        Args:
            target: What was taken.
            now: When the visit ended.
            pause: The seconds for which the host asked not to be visited; the schedule's pause is kept in any case.
        """
        if not self._by_host[target.host]:
            del self._by_host[target.host]
            return
        heapq.heappush(self._resting, (now + max(self._pause, pause or 0.0), target.host))

    def next_ready(self) -> float | None:
        """Return when the first host's pause ends; None if no host is in one, and only a `release` helps."""
        return self._resting[0][0] if self._resting else None


def host_key(url: str) -> str:
    """Return the host of a URL in its normal spelling, by which politeness counts."""
    return normal_host(urlsplit(url).hostname or "")
