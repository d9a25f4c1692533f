"""An invalid request is refused in one sentence, before anything is done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.cli.invoking import Invoke, Outcome, run_unprivileged
from tests.cli.logs import TEE, write_all
from veritas.cli import cli


def refused(outcome: Outcome) -> str:
    """Return the sentence of a refused command."""
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("Error: ") and outcome.stderr.count("\n") == 1, outcome.stderr
    return outcome.stderr.removeprefix("Error: ").rstrip("\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("audit",), "There is nothing to audit; give a URL such as 'https://example.com/', or --from FILE."),
        (
            ("list", "--limit", "x"),
            "Invalid value for '--limit': 'x' is not a whole number from 1 to 1,000,000,000; see",
        ),
        (("http://a.test/", "--jobs", "0"), "Invalid value for '--jobs': '0' is not a whole number from 1 to 256; see"),
        (("http://a.test/", "--per-host", "nan"), "'nan' is not a number from 0 to 86,400; see"),
        (("list", "--limt", "3"), "No such option '--limt'. Did you mean '--limit'?"),
        (("events", TEE, "--json"), "No such option '--json'; write --format json."),
        (("list", "\x1b[31m"), r"Got unexpected extra argument (\x1b[31m); see `veritas list --help`."),
        (("db", "pth"), "No such command 'pth'. Did you mean 'path'?"),
        (("db", "xyz"), "No such command 'xyz'; see `veritas db --help`."),
        (("record",), "Missing argument '-- COMMAND [ARGUMENT]…'; see `veritas record --help`."),
        (
            ("replay", TEE, "--speed", "0"),
            "Invalid value for '--speed': '0' is not a number from 0.001 to",
        ),
        (("events", TEE, "--source", "foo"), "'foo' is not one of 'queue', 'stdout', 'recorder'; see `veritas events"),
        (("show", TEE, "--json", "--format", "text"), "--json and --format text contradict each other; give one"),
        (
            ("export", TEE, "-o", "-"),
            "'-' is not a valid name for --output; give a file's name, or './-' for a file called '-'.",
        ),
        (("checkpoint", "-o", "-"), "'-' is not a valid name for --output"),
        (("db", "backup", "-"), "'-' is not a valid name for FILE"),
        (("",), "The URL is empty; give a full one such as 'https://example.com/'."),
        (("http://[::1",), "'http://[::1' is not a URL (Invalid IPv6 URL); give a full one such as"),
        (("http://a.test/", "--output", "-"), "'-' is not a valid name for --output"),
        (("http://a.test/", "--output", "none/o"), "There is no directory 'none' for --output; create it, or give"),
    ],
)
def test_an_invalid_request_is_one_sentence(invoke: Invoke, arguments: tuple[str, ...], sentence: str) -> None:
    message = refused(invoke(*arguments))
    assert sentence in message
    assert message[-1] in ".?"


def test_no_secret_is_masked_in_an_example(invoke: Invoke) -> None:
    """The form of an address has no password in it, for which there are better places."""
    assert refused(invoke("list", "--db", "mysql://x")).endswith("or postgresql://USER@HOST/NAME.")


def test_json_may_be_requested_twice(invoke: Invoke) -> None:
    assert invoke("show", TEE, "--json", "--format", "json").json["audit_id"] == TEE


@pytest.mark.parametrize("command", ["export", "checkpoint", "backup"])
def test_an_unwritable_file_is_reported_with_a_remedy(temporary: Path, command: str) -> None:
    """The name is the one that was given, not that of a temporary file."""
    write_all(temporary / "log.db")
    closed = temporary / "closed"
    closed.mkdir(mode=0o555)
    target = str(closed / "file")
    arguments = {
        "export": ("export", TEE, "-o", target),
        "checkpoint": ("checkpoint", "-o", target),
        "backup": ("db", "backup", target),
    }
    message = refused(run_unprivileged("--db", str(temporary / "log.db"), *arguments[command], readable=[temporary]))
    assert f"{target!r} cannot be written" in message or f"{str(closed)!r} cannot be written to" in message
    assert "give another name" in message
    assert list(closed.iterdir()) == []


def every_command(
    command: click.Command = cli, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield the words that call each command, and the command."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from every_command(found, (*path, name))


def test_every_number_has_bounds() -> None:
    """No number reaches the database or an algorithm that cannot hold it."""
    for path, command in every_command():
        for parameter in command.params:
            kind = parameter.type
            assert kind not in (click.INT, click.FLOAT), (path, parameter.name)
            if isinstance(kind, click.IntRange | click.FloatRange):
                assert None not in (kind.min, kind.max), (path, parameter.name)


def test_text_that_is_not_utf8_is_refused_wherever_text_is_taken(invoke: Invoke) -> None:
    """It cannot be recorded as it is; names of files and a program's own arguments may have any bytes."""
    refused = 0
    for path, command in every_command():
        texts = [each for each in command.params if isinstance(each.type, click.types.StringParamType)]
        for parameter in texts:
            given = [parameter.opts[0]] if isinstance(parameter, click.Option) else ["a"] * texts.index(parameter)
            outcome = invoke(*path, *given, "a\udcff")
            assert (outcome.status, outcome.stderr.count("\n")) == (2, 1), (path, parameter.name, outcome)
            refused += "is not valid UTF-8; write it in UTF-8." in outcome.stderr
    assert refused > 40
