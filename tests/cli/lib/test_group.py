"""The command line finds its commands without importing them, and takes an address for an audit."""

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
def heard(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Put in the place of every command one that notes its arguments."""
    calls: list[list[str]] = []

    def get_command(ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        noted = click.Command(name, callback=lambda **given: calls.append([name, *_flat(given)]))
        noted.params = [
            click.Argument(["words"], nargs=-1),
            click.Option(["--tier"]),
            click.Option(["--db"]),
            click.Option(["-v"], is_flag=True),
        ]
        return noted

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
def test_an_address_means_an_audit_and_options_may_stand_before_it(
    heard: list[list[str]], arguments: list[str], called: list[str]
) -> None:
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    assert heard == [called]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("lsit", "No such command 'lsit'. Did you mean 'list'?"),
        ("shwo", "No such command 'shwo'. Did you mean 'show'?"),
        ("intranet", "to audit a host of that name, write http://intranet/"),
        ("\x1b[31m", r"No such command '\x1b[31m'"),
    ],
)
def test_a_word_that_is_neither_command_nor_address_is_refused(typed: str, said: str) -> None:
    result = CliRunner().invoke(cli, [typed])
    assert result.exit_code == 2
    assert said in result.stderr


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
def test_the_list_of_commands_says_what_each_says_of_itself(name: str) -> None:
    assert find_spec(f"veritas.cli.{name}") is not None
    command = cli.get_command(click.Context(cli), name)
    assert command is not None and command.help is not None
    assert command.name == name
    assert command.help.split("\n")[0] == COMMANDS[name]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, invoke: Invoke) -> None:
    assert invoke(name, "--help").status == 0
    assert invoke(name, "-h").stdout == invoke(name, "--help").stdout


def test_the_version_is_told(invoke: Invoke) -> None:
    assert invoke("--version").stdout == f"veritas {veritas.__version__}\n"


def test_without_arguments_help_is_shown_and_nothing_is_done(invoke: Invoke) -> None:
    assert invoke().status == 2
    assert "Usage: veritas" in invoke().stderr


def test_the_module_runs_as_a_program() -> None:
    done = run_process("--version")
    assert (done.returncode, done.stdout) == (0, f"veritas {veritas.__version__}\n")


def test_an_interrupt_while_it_is_imported_is_told_in_a_word() -> None:
    """Importing takes most of the time that a short command takes."""
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


def test_options_before_a_group_of_commands_are_its_commands(invoke: Invoke) -> None:
    assert invoke("--db", "/tmp/x.db", "db", "path").stdout == "/tmp/x.db\n"
