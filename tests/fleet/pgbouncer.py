"""PgBouncer before a server on this machine."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.own_postgresql import OwnServer, free_port
from tests.processes import wait_until

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")  # where Debian has it
_SETTINGS = """
[databases]
* = host=127.0.0.1 port={server} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
auth_file = {directory}/users
pool_mode = {mode}
"""


@contextlib.contextmanager
def pgbouncer(server: OwnServer, mode: str) -> Iterator[int]:
    """Start it with this `pool_mode`, and yield its port."""
    assert PROGRAM is not None
    port, directory = free_port(), Path(tempfile.mkdtemp(prefix="pgbouncer-"))
    directory.chmod(0o755)
    (directory / "users").write_text('"postgres" ""\n')
    settings = directory / "pgbouncer.ini"
    settings.write_text(_SETTINGS.format(server=server.port, port=port, directory=directory, mode=mode))
    output = (directory / "output").open("wb")
    process = subprocess.Popen([PROGRAM, str(settings)], stderr=output, user=server.user)
    try:
        wait_until(lambda: b"process up" in (directory / "output").read_bytes() or process.poll() is not None, 30)
        yield port
    finally:
        process.kill()
        process.wait()
        output.close()
        shutil.rmtree(directory, ignore_errors=True)
