"""What a worker process reads from its standard input for each audit."""

from __future__ import annotations

import json

import msgspec

from veritas.recording.child_input import ChildInput


class WorkerJob(msgspec.Struct, frozen=True):
    """One audit that a worker process is to do.

    Attributes:
        token: The random name of its section in what the worker prints.
        mode: The mode of its run.
        variables: What a child that does one audit gets in its environment: how to reach the run's transport.
        audit: The audit.
    """

    token: str
    mode: str
    variables: dict[str, str]
    audit: ChildInput

    def encode(self) -> bytes:
        """Return it as one line of JSON."""
        # The name of a file may have bytes that are not UTF-8, which msgspec would refuse.
        return f"{json.dumps(msgspec.to_builtins(self))}\n".encode()

    @classmethod
    def decode(cls, line: bytes) -> WorkerJob:
        """Return the job of one line."""
        return msgspec.convert(json.loads(line), cls)
