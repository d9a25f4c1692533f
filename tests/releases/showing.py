"""The output of the commands that read a log, as JSON values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from veritas.archive.archive import Archive
from veritas.cli import cli

_ADDED = {"ipc_fell_back": ("kind",)}  # members that the upcast to a later version adds to a body


def output_of(database: str | Path) -> dict[str, Any]:
    """Return the list, each run's state, the hashes of its events and of its replay, and the artifacts' sizes."""
    listed = json.loads(stdout_of(database, "list", "--format", "json"))
    runs = [row["run_id"] for row in listed]
    fields = list(replayed(database, runs[0])[0])
    with Archive.open(database, create=False) as archive:
        return {
            "list": listed,
            "show": {run: json.loads(stdout_of(database, "show", run, "--json")) for run in runs},
            "replay_fields": fields,
            "replay": {run: replay_digest(database, run, fields) for run in runs},
            "events": [event.hash.hex() for event in archive.log.read()],
            "wire": [digest(archive.wire(recorded)) for recorded in archive.events()],
            "artifacts": {
                recorded.artifact: len(archive.artifact(recorded.artifact))
                for recorded in archive.events()
                if recorded.artifact is not None
            },
        }


def replayed(database: str | Path, run: str) -> list[dict[str, Any]]:
    """Return a run's replay."""
    return [
        json.loads(line) for line in stdout_of(database, "replay", run, "--no-wait", "--format", "jsonl").splitlines()
    ]


def replay_digest(database: str | Path, run: str, fields: Sequence[str]) -> str:
    """Return the hash of these fields of a run's replay; a later version may have more fields, with more in them."""
    events = [{name: event[name] for name in fields} for event in replayed(database, run)]
    for event in events:
        for added in _ADDED.get(event["type"], ()):
            event["extra"].pop(added, None)
    return digest(json.dumps(events, sort_keys=True).encode())


def stdout_of(database: str | Path, *arguments: str) -> bytes:
    """Return the stdout of a command that succeeds."""
    result = CliRunner().invoke(cli, [*arguments, "--db", str(database)], prog_name="veritas")
    assert result.exit_code == 0, result.output
    return result.stdout_bytes


def digest(data: bytes) -> str:
    """Return a SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()
