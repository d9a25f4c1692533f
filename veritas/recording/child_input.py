"""What an audit's child process reads from its standard input: the audit that it is to do.

Other users can read a command line, and every descendant inherits an environment, the browser's processes included. So
the options, which may be secret, are in neither.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace

import msgspec

from veritas.audit.network import Network
from veritas.config import Settings
from veritas.recording.audit_options import AuditOptions
from veritas.secrets import Secrets


class ChildInput(msgspec.Struct, frozen=True):
    """The audit that the child process is to do.

    Attributes:
        url: The URL to audit.
        tier: The name of the audit's tier.
        options: How to do it.
        settings: The settings of the environment, because the child's has no variable that may have a password.
        mask_key: The key of the masks that replace secrets, in hex.
    """

    url: str
    tier: str
    options: AuditOptions
    settings: Settings
    mask_key: str

    @property
    def network(self) -> Network:
        """The proxies to use."""
        return Network.of(replace(self.settings, proxy=self.options.proxy or self.settings.proxy))

    def secrets(self) -> Secrets:
        """Return the secrets that the user gave: the logins of the proxies and of the site."""
        secrets = Secrets(bytes.fromhex(self.mask_key))
        for proxy in self.network.proxies:
            secrets.add("proxy_password", proxy.password)
        self.options.login.register(secrets)
        return secrets

    def encode(self) -> bytes:
        """Return it as one line of JSON."""
        # The name of a file may have bytes that are not UTF-8, which msgspec would refuse.
        return f"{json.dumps(msgspec.to_builtins(self))}\n".encode()

    @classmethod
    def read(cls, descriptor: int) -> ChildInput:
        """Read it from a pipe, and nothing after it.

        Raises:
            EOFError: The pipe ends before it does.
        """
        line = bytearray()
        while not line.endswith(b"\n"):
            data = os.read(descriptor, 65_536)  # nothing follows the line until the pipe ends
            if not data:
                raise EOFError
            line += data
        return msgspec.convert(json.loads(line), cls)
