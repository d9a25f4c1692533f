"""The shell's completion: of commands, options, values and audits, as bash asks for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from tests.cli.logs import write
from tests.projections.recordings import Recording, requested
from veritas.archive.archive import Archive
from veritas.audit.finding import SEVERITIES
from veritas.audit.finding_kinds import FINDING_KINDS
from veritas.cli import COMMANDS, cli
from veritas.events.recorder_events import BatchCreated

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
        (["list", "--risk", ">=likely"], ["'>=likely_fraudulent'"]),  # which would be a redirection
        (["list", "--risk", "'>=likely"], [">=likely_fraudulent"]),
        (["audit", "--fail-on", "finding:countdown_re"], ["'finding:countdown_resets'"]),
        (["nonsense", "x"], []),
    ],
)
def test_bash_completes(log: Path, words: list[str], offered: list[str]) -> None:
    assert completed(log, *words) == offered


def test_what_a_log_has_is_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch is offered before its first audit begins."""
    run, batch = Recording("vrts_1.1"), Recording("btch_1")
    batch.recorder(BatchCreated("btch_1", "submit", None, [], "quick_scan", 1))
    run.recorder(requested(batch="btch_0", tags=["eu", "shop"]))
    with Archive.open(tmp_path / "log.db") as archive:
        write(archive, batch)
        write(archive, run)
    monkeypatch.setenv("VERITAS_DB", str(tmp_path / "log.db"))
    for words, offered in (
        (["audit", "--resume", ""], ["latest", "btch_1", "btch_0"]),
        (["watch", "--batch", "btch"], ["btch_1", "btch_0"]),
        (["show", "btch_1"], ["btch_1"]),
        (["list", "--tag", ""], ["eu", "shop"]),
        (["list", "--finding", ""], []),
        (["check", "--baseline", "vrts"], ["vrts_1"]),
        (["check", "--fail-on", "new"], ["new-findings", *_rules("new-findings")]),
        (["audit", "--fail-on", "score<7|finding:countdown_r"], ["score<7|finding:countdown_resets"]),
    ):
        *before, last = words
        found = ShellComplete(cli, {}, "veritas", "_VERITAS_COMPLETE").get_completions(before, last)
        assert [item.value for item in found] == offered, words


def test_a_tag_of_a_log_runs_nothing_in_the_shell(tmp_path: Path) -> None:
    run = Recording("vrts_1.1")
    run.recorder(requested(tags=["$(reboot)", "it's"]))
    with Archive.open(tmp_path / "log.db") as archive:
        write(archive, run)
    assert completed(tmp_path / "log.db", "list", "--tag", "") == ["'$(reboot)'", """'it'"'"'s'"""]
    assert completed(tmp_path / "log.db", "list", "--tag", "'") == ["$(reboot)"]


def _rules(subject: str) -> list[str]:
    selectors = [*(f"severity>={severity}" for severity in SEVERITIES), *FINDING_KINDS]
    return [f"{subject}:{selector}" for selector in selectors]


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
