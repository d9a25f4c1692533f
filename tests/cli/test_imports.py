"""A command imports what it needs: the import of a library that it does not use is the time that people wait for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.cli.logs import TEE

READING = (["list"], ["show", TEE], ["events", TEE])
UNUSED = (
    *("alembic", "psycopg", "sqlalchemy"),  # a file is read over the driver's own connection
    *("numpy", "scipy", "PIL", "zstandard"),
    *("jinja2", "rich", "starlette"),  # a pipe gets plain text
    *("asyncio", "http", "logging", "multiprocessing", "playwright", "subprocess"),
    "cryptography",
    *("store.archival", "store.bundle", "store.import_events", "store.log_size", "store.read_model.statistics"),
    *("veritas.channels.queue", "veritas.recording", "veritas.replay.formats", "veritas.report", "veritas.secrets"),
)


def test_the_commands_that_read_a_log_import_no_library_that_they_do_not_use(log: Path) -> None:
    """With SQLAlchemy alone, `veritas list` would take twice as long."""
    program = (
        "import sys\nfrom veritas.cli import cli\n"
        f"for arguments in {READING!r}: cli.main([*arguments, '--db', {str(log)!r}], standalone_mode=False)\n"
        f"print(*(name for name in {UNUSED!r} if name in sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr.strip()) == (0, "")
    assert TEE in done.stdout
