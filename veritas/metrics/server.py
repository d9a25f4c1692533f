"""The HTTP endpoint that Prometheus scrapes; it listens on this machine only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import start_http_server

from veritas.errors import UsageError
from veritas.metrics.audit_metrics import AuditMetrics
from veritas.metrics.prometheus import registry_of

LOOPBACK = "127.0.0.1"


@contextmanager
def serving(read: Callable[[], AuditMetrics], port: int) -> Iterator[str]:
    """Serve the metrics in threads of this process, and give their URL.

    Args:
        read: Reads the metrics; it is called for each request, by several threads at once.
        port: The port; 0 for any that is free.

    Raises:
        UsageError: The port cannot be used.
    """
    try:
        server, thread = start_http_server(port, addr=LOOPBACK, registry=registry_of(read))
    except OSError as error:
        raise UsageError(
            f"Port {port} of {LOOPBACK} cannot be used: {error.strerror or error}; give another one, or 0 for any."
        ) from error
    try:
        yield f"http://{LOOPBACK}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
