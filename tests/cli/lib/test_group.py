"""The command line finds its commands without importing them, and audits a URL without a command."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from typing import Any

import click
import pytest
from click.testing import CliRunner

import veritas
from tests.cli.invoking import Invoke, run_process
from veritas.cli import COMMANDS, cli

HEAVY = ("rich", "sqlalchemy", "alembic", "playwright", "cryptography", "store", "asyncio", "msgspec")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Replace every command by one that records its arguments, and return the recorded calls."""
    calls: list[list[str]] = []

    def get_command(ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = click.Command(name, callback=lambda **given: calls.append([name, *_flat(given)]))
        command.params = [
            click.Argument(["words"], nargs=-1),
            click.Option(["--tier"]),
            click.Option(["--db"]),
            click.Option(["-v"], is_flag=True),
        ]
        return command

    monkeypatch.setattr(cli, "get_command", get_command)
    return calls


def _flat(given: dict[str, Any]) -> list[str]:
    options = [f"{name}={value}" for name, value in given.items() if name != "words" and value]
    return [*given["words"], *sorted(options)]


@pytest.mark.parametrize(
    ("arguments", "called"),
    [
        (["https://a.test/"], ["audit", "https://a.test/"]),
        (["a.test"], ["audit", "a.test"]),
        (["localhost"], ["audit", "localhost"]),
        (["javascript:alert(1)"], ["audit", "javascript:alert(1)"]),
        (["--tier", "quick_scan", "https://a.test/"], ["audit", "https://a.test/", "tier=quick_scan"]),
        (["https://a.test/", "--tier", "quick_scan"], ["audit", "https://a.test/", "tier=quick_scan"]),
        (["--tier=quick_scan", "-v", "a.test"], ["audit", "a.test", "tier=quick_scan", "v=True"]),
        (["audit", "list"], ["audit", "list"]),
        (["--", "list"], ["audit", "list"]),
        (["list"], ["list"]),
        (["--db", "x.db", "show", "vrts_1"], ["show", "vrts_1", "db=x.db"]),
        (["-v", "list"], ["list", "v=True"]),
    ],
)
def test_a_url_means_an_audit_and_options_may_precede_it(
    calls: list[list[str]], arguments: list[str], called: list[str]
) -> None:
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    assert calls == [called]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("lsit", "No such command 'lsit'. Did you mean 'list'?"),
        ("shwo", "No such command 'shwo'. Did you mean 'show'?"),
        ("intranet", "to audit a host of that name, write http://intranet/"),
        ("\x1b[31m", r"No such command '\x1b[31m'"),
    ],
)
def test_a_word_that_is_neither_command_nor_url_is_refused(typed: str, expected: str) -> None:
    result = CliRunner().invoke(cli, [typed])
    assert result.exit_code == 2
    assert expected in result.stderr


def test_help_lists_every_command_without_importing_any() -> None:
    program = (
        "import sys\nfrom veritas.cli import cli\n"
        "try: cli(['--help'])\n"
        f"finally: print(sorted(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_repeats_their_first_sentences(name: str) -> None:
    assert find_spec(f"veritas.cli.{name}") is not None
    command = cli.get_command(click.Context(cli), name)
    assert command is not None and command.help is not None
    assert command.name == name
    assert command.help.split("\n")[0] == COMMANDS[name]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, invoke: Invoke) -> None:
    assert invoke(name, "--help").status == 0
    assert invoke(name, "-h").stdout == invoke(name, "--help").stdout


def test_the_version_is_printed(invoke: Invoke) -> None:
    assert invoke("--version").stdout == f"veritas {veritas.__version__}\n"


def test_without_arguments_help_is_shown(invoke: Invoke) -> None:
    assert invoke().status == 2
    assert "Usage: veritas" in invoke().stderr


def test_the_module_runs_as_a_program() -> None:
    done = run_process("--version")
    assert (done.returncode, done.stdout) == (0, f"veritas {veritas.__version__}\n")


def test_an_interrupt_during_the_import_prints_one_word() -> None:
    """The import takes most of the time of a short command."""
    program = (
        "import sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'click': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "from veritas.__main__ import main\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "\nInterrupted.\n")


def test_options_before_a_group_belong_to_its_subcommand(invoke: Invoke) -> None:
    assert invoke("--db", "/tmp/x.db", "db", "path").stdout == "/tmp/x.db\n"
