"""The shell's completion: of commands, options, values and audits, as bash asks for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from veritas.cli import COMMANDS

PROGRAM = Path(sys.executable).parent / "veritas"
# What the shell does when the user types a line and then Tab: the words, and which of them is completed.
SCRIPT = """
eval "$(_VERITAS_COMPLETE=bash_source "$1")"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_veritas_completion "$1"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def completed(log: Path, *words: str) -> list[str]:
    """Return what bash offers for the last of *words*."""
    bash = shutil.which("bash")
    assert bash is not None
    environment = {**os.environ, "VERITAS_DB": str(log), "PATH": f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [bash, "-c", SCRIPT, "bash", PROGRAM, "veritas", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["sh"], ["show"]),
        (["rollout", "sta"], ["start", "status"]),
        (["show", "vrts_aaaa0"], ["vrts_aaaa000000000002", "vrts_aaaa000000000001"]),
        (["check", "vrts_a", "vrts_b"], ["vrts_bbbb000000000003"]),
        (["show", "la"], ["latest"]),
        (["list", "--format", "js"], ["json", "jsonl"]),
        (["check", "--sa"], ["--sarif"]),
        (["audit", "--tier", "q"], ["quick_scan"]),
        (["help", "conf"], ["configure"]),
        (["nonsense", "x"], []),
    ],
)
def test_bash_completes(log: Path, words: list[str], offered: list[str]) -> None:
    assert completed(log, *words) == offered


def test_all_commands_are_offered(log: Path) -> None:
    assert completed(log, "") == list(COMMANDS)


@pytest.mark.parametrize("database", ["none.db", "postgresql://nowhere.invalid/veritas"])
def test_without_a_log_that_answers_at_once_no_audit_is_offered(tmp_path: Path, database: str) -> None:
    """And nothing is created, and no error shown."""
    assert completed(Path(database) if "://" in database else tmp_path / database, "show", "vrts") == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str) -> None:
    done = subprocess.run(
        [PROGRAM],
        env={**os.environ, "_VERITAS_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "_VERITAS_COMPLETE" in done.stdout
