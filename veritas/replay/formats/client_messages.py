"""The `client` format: the messages that were sent to a client watching the audit, as lines of JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from veritas.events.json import json_line
from veritas.events.recorded import TimedEvent
from veritas.projections.client_messages import StreamMessages
from veritas.replay.formats.base import Context


def as_client_messages(events: Iterable[TimedEvent], context: Context) -> Iterator[bytes]:
    """Write the messages that result from each wanted event; see `veritas.projections.client_messages`."""
    runs: defaultdict[str, StreamMessages] = defaultdict(StreamMessages)
    for _, recorded in events:
        messages = runs[recorded.run_id].fold(recorded)
        if context.wanted(recorded):
            yield from map(json_line, messages)
