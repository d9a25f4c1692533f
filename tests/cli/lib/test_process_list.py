"""A process hides the secrets in its own command line and environment."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux lets a process do it")

_PROGRAM = """
import os, subprocess, sys
from pathlib import Path
from veritas.cli.lib.process_list import hide_secrets, hide_variable
hide_secrets()
hide_variable("MY_LOGIN", os.environ.pop("MY_LOGIN"))
print(Path("/proc/self/cmdline").read_bytes().replace(b"\\0", b" ").decode())
print(Path("/proc/self/environ").read_bytes().replace(b"\\0", b" ").decode())
print(sys.argv, os.environ["VERITAS_DB"], os.environ["HTTP_PROXY"])
print(subprocess.run(["env"], capture_output=True, text=True).stdout)
"""


def test_secrets_are_overwritten_for_others_and_kept_for_the_process():
    """Their length stays, and so does everything else; a process that is started then inherits none."""
    arguments = ["https://h/?token=to-ken-1&a=1", "--password", "pass-word-2", "--db", "postgresql://me:pä-ss-3@h/d"]
    given = {
        "VERITAS_DB": "postgresql://me:pass-4@h/d",
        "PGPASSWORD": "pass-5",
        "HTTP_PROXY": "http://me:pass-6@h:1",
        "MY_LOGIN": "login-7",
    }
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *arguments],
        env=os.environ | given,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    line, rest = done.stdout.split("\nimport")[0], done.stdout.rsplit("print(subprocess", 1)[1].split("\n", 1)[1]
    assert line == f"{sys.executable} -c "
    line, environment, own, *inherited = rest.strip().splitlines()
    shown = " ".join([line, environment, *inherited])
    for secret in ("to-ken-1", "pass-word-2", "pä-ss-3", "pass-4", "pass-5", "pass-6", "login-7"):
        assert secret not in shown
    assert line.strip() == f"https://h/?token={'*' * 8}&a=1 --password {'*' * 11} --db postgresql://me:{'*' * 8}@h/d"
    assert "to-ken-1" in own and "pass-word-2" in own and "pass-4" in own and "pass-6" in own
