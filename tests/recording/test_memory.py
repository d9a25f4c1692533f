"""The parent stays below 150 MB, whatever a recorded program writes, and nothing of it is lost."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from veritas.archive.archive import Archive
from veritas.config import child_environment
from veritas.events.recorder_events import LineRejected, OutputCaptured

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is read from /proc"),
]

ROOT = Path(__file__).parents[2]
MOST = 150  # MB
MEGABYTE = 1_000_000

RECORD = (
    "import sys; from tests.benchmarks._channels_child import peak; from veritas.__main__ import main\n"
    "try: main()\n"
    "finally: print('peak', peak(), file=sys.stderr)\n"
)
WRITE = "import sys; out, err = sys.stdout.buffer, sys.stderr.buffer; million = 'x' * 1_000_000\n"
PUT = (
    "from veritas.core.ipc import deserialize_queue_from_env; from veritas.core.events import ProgressEvent\n"
    "queue, million = deserialize_queue_from_env(), 'x' * 1_000_000\n"
)
MARKED = "out.write(b'##PROGRESS:' + b'{\"detail\":\"'); [out.write(million.encode()) for _ in range(200)]"

PROGRAMS = {
    "a marked line of 200 MB": WRITE + MARKED,
    "a line of 200 MB": WRITE + "[out.write(million.encode()) for _ in range(200)]",
    "stderr of 200 MB": WRITE + "[err.write(million.encode()) for _ in range(200)]",
    "an event of 16 MB": WRITE + "out.write(b'##PROGRESS:{\"detail\":\"' + 16 * million.encode() + b'\"}')",
    "a broken event of 16 MB": WRITE + 'out.write(b\'##PROGRESS:{"detail":"\' + 16 * million.encode())',
    "an event of 5 million values": WRITE + "out.write(b'##PROGRESS:{\"a\":[' + b'[],' * 5_000_000 + b'1]}')",
    "an item of 200 MB": PUT + "queue.put(ProgressEvent(detail=200 * million))",
    "an item of 16 MB": PUT + "queue.put(ProgressEvent(detail=16 * million))",
    "a broken item of 16 MB": PUT + "queue.put_packed([b'E' + 16 * million.encode()])",
    "an item of 5 million values": PUT + "queue.put_packed([b'V[' + b'[],' * 5_000_000 + b'1]'])",
}


def record(database: Path, program: str) -> float:
    """Record a program of Python; return the parent's peak memory in MB."""
    command = [sys.executable, "-c", RECORD, "--db", str(database), "record", "--", sys.executable, "-c", program]
    done = subprocess.run(command, env=child_environment(ROOT), capture_output=True, text=True, timeout=300)
    return float(done.stderr.rpartition("peak ")[2])


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_the_parent_stays_small(program: str, tmp_path: Path) -> None:
    """It does for everything that is too long, too nested or no event at all."""
    assert record(tmp_path / "log.db", program) < MOST


def test_every_byte_of_a_long_line_is_recorded(tmp_path: Path) -> None:
    """It is in pieces, and the rejection has the hash of the whole."""
    record(tmp_path / "log.db", PROGRAMS["a marked line of 200 MB"])
    digest, size, rejected = hashlib.sha256(), 0, None
    with Archive.open(tmp_path / "log.db") as archive:
        for recorded in archive.events(archive.log.runs()[0]):
            if isinstance(of := recorded.from_recorder, OutputCaptured) and of.stream == "stdout":
                digest.update(of.text.encode())
                size += len(of.text)
            elif isinstance(of, LineRejected):
                rejected = of
    assert rejected is not None
    assert (rejected.size, rejected.sha256) == (size, digest.hexdigest())
    assert size > 200 * MEGABYTE
