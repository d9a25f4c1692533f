"""The options of an audit, as its child process reads them from its standard input.

Other users can read a command line, and every descendant inherits an environment, the browser's processes included. So
the options, which may be secret, are in neither.
"""

from __future__ import annotations

import json
import os

import msgspec

from veritas.audit.time_limits import AUDIT_TIMEOUT, VISIT_TIMEOUT


class ChildOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the child process is to do.

    Attributes:
        url: The URL to audit.
        tier: The name of the audit's tier.
        browser: The browser to start; None to find one.
        proxy: The proxy for every request; None for those of the environment.
        timeout: The seconds that the audit may take.
        visit_timeout: The seconds that a page may take to arrive and load.
    """

    url: str
    tier: str
    browser: str | None = None
    proxy: str | None = None
    timeout: float = AUDIT_TIMEOUT
    visit_timeout: float = VISIT_TIMEOUT

    def encode(self) -> bytes:
        """Return the options as one line of JSON."""
        # The name of a file may have bytes that are not UTF-8, which msgspec would refuse.
        return f"{json.dumps(msgspec.to_builtins(self))}\n".encode()

    @classmethod
    def read(cls, descriptor: int) -> ChildOptions:
        """Read the options from a pipe, and nothing after them.

        Raises:
            EOFError: The pipe ends before they do.
        """
        line = bytearray()
        while not line.endswith(b"\n"):
            data = os.read(descriptor, 65_536)  # nothing follows the line until the pipe ends
            if not data:
                raise EOFError
            line += data
        return msgspec.convert(json.loads(line), cls)
