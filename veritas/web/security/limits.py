"""Limits: how many requests a client may make, how large one may be, and how many streams there are."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MAX_BODY = 64 * 1024  # bytes of a request
MAX_STREAMS = 500  # at once
_MOST_CLIENTS = 10_000  # that are remembered


class RateLimit:
    """A token bucket for each client: a burst of requests, and then so many a second."""

    def __init__(self, burst: float, per_second: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._rate, self._clock = burst, per_second, clock
        self._clients: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when they were counted

    def has(self, client: str) -> bool:
        """Return whether a client may make a request now, without counting it."""
        return self._tokens(client) >= 1

    def allows(self, client: str) -> bool:
        """Return whether a client may make a request now, and count it."""
        tokens = self._tokens(client)
        self._clients[client] = (tokens - 1 if tokens >= 1 else tokens, self._clock())
        self._clients.move_to_end(client)
        while len(self._clients) > _MOST_CLIENTS:
            self._clients.popitem(last=False)
        return tokens >= 1

    def _tokens(self, client: str) -> float:
        now = self._clock()
        tokens, at = self._clients.get(client, (self._burst, now))
        return min(self._burst, tokens + (now - at) * self._rate)
