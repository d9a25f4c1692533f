"""The `client` format writes the messages that a client of an audit is sent."""

from __future__ import annotations

import json

from tests.projections.recordings import whole_run
from tests.replay.formats.writing import written
from veritas.projections.client_messages import StreamMessages


def test_the_lines_are_the_messages_of_the_run() -> None:
    client = StreamMessages()
    messages = [message for recorded in whole_run().events for message in client.fold(recorded)]
    assert [json.loads(line) for line in written("client", whole_run().events).splitlines()] == messages


def test_they_do_not_depend_on_the_transport() -> None:
    assert written("client", whole_run("queue", "stdout").events) == written("client", whole_run("stdout").events)
