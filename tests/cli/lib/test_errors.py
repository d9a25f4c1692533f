"""Every error becomes one sentence and an exit status."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click
import pytest
from click.testing import CliRunner, Result

from store.errors import StoreLocked
from tests.cli.logs import TEE
from veritas.cli.lib.errors import is_verbose
from veritas.cli.lib.group import LazyGroup
from veritas.cli.lib.options import verbose_option
from veritas.errors import BrowserMissing, InvalidUrl

FULL = Path("/dev/full")


def run(function: Callable[[], object], *arguments: str) -> Result:
    """Run a command line whose one command calls *function*."""

    @click.command("work")
    @verbose_option
    def work() -> object:
        return function()

    class Group(LazyGroup):
        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
            return work

    return CliRunner().invoke(Group("test", summaries={"work": ""}, default="work"), ["work", *arguments])


def raising(error: BaseException) -> Callable[[], NoReturn]:
    def function() -> NoReturn:
        raise error

    return function


@pytest.mark.parametrize(("returned", "status"), [(None, 0), (0, 0), (1, 1), (130, 130), ("text", 0)])
def test_a_commands_return_value_is_the_exit_status(returned: object, status: int) -> None:
    assert run(lambda: returned).exit_code == status


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (InvalidUrl("'x' is not a URL."), "Error: 'x' is not a URL.\n"),
        (BrowserMissing(), "Error: No browser was found; `veritas browser install` gets one.\n"),
        (StoreLocked("It is locked."), "Error: It is locked.\n"),
        (
            PermissionError(13, "Permission denied", "/srv/x"),
            "Error: '/srv/x' cannot be used: permission denied; change its permissions, or give another.\n",
        ),
        (OSError(28, "No space left on device"), "Error: No space left on device; free some space and try again.\n"),
    ],
)
def test_a_known_error_is_one_sentence_and_status_2(error: Exception, expected: str) -> None:
    result = run(raising(error))
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", expected)


def test_a_bug_is_status_3_with_a_hint() -> None:
    result = run(raising(KeyError("x")))
    assert result.exit_code == 3
    assert result.stderr == "Error: This is a bug in VERITAS: KeyError('x'); run it again with -v for the traceback.\n"


def test_verbose_shows_the_traceback_of_an_error() -> None:
    result = run(raising(KeyError("x")), "-v")
    assert result.exit_code == 3
    assert "Traceback" in result.stderr and "KeyError" in result.stderr
    assert "Traceback" in run(raising(InvalidUrl()), "-v").stderr
    assert "Traceback" not in run(raising(InvalidUrl())).stderr


def test_a_command_knows_whether_it_is_verbose() -> None:
    assert run(lambda: int(is_verbose()), "-v").exit_code == 1
    assert run(lambda: int(is_verbose())).exit_code == 0


def test_an_interrupt_is_status_130() -> None:
    result = run(raising(KeyboardInterrupt()))
    assert (result.exit_code, result.stderr.strip()) == (130, "Interrupted.")


def test_a_broken_pipe_is_status_141_without_a_message() -> None:
    result = run(raising(BrokenPipeError(32, "Broken pipe")))
    assert (result.exit_code, result.stderr) == (141, "")


def test_an_error_message_is_escaped() -> None:
    assert run(raising(InvalidUrl("a\x1b[31mb"))).stderr == "Error: a\\x1b[31mb\n"


def test_help_into_a_closed_pipe_prints_no_error() -> None:
    """As in `veritas … | head -1`: the reader closes the pipe after one line."""
    with subprocess.Popen(
        [sys.executable, "-m", "veritas", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=30) == 141


@pytest.mark.parametrize("arguments", [["events", TEE], ["list", "--format", "json"], ["replay", TEE, "--no-wait"]])
def test_a_command_whose_stdout_is_closed_prints_no_error(log: Path, arguments: list[str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "veritas", "--db", str(log), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=30) == 141


@pytest.mark.skipif(not FULL.exists(), reason="there is no device that is always full")
def test_a_full_device_is_an_error() -> None:
    with FULL.open("wb") as full:
        done = subprocess.run([sys.executable, "-m", "veritas", "--help"], stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (2, b"Error: No space left on device; free some space and try again.\n")
