"""The commands of README.md and of the pages do what the pages show."""

from __future__ import annotations

import shlex
from pathlib import Path

import click
import pytest
import yaml

pytest.importorskip("pty")

from tests.docs import pictures
from tests.docs.blocks import DOCS, ROOT, files, pages, parsed_only, without_comment
from tests.docs.masks import masked
from tests.docs.shell import Shell, plain
from veritas.cli import cli


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_every_command_has_the_output_and_the_status_that_the_page_shows(page: Path, pages_shell: Shell) -> None:
    """`python -m tests.docs` writes the outputs of today into the pages."""
    for outcome in pages_shell.run(page):
        command = outcome.command
        if command.status is not None:
            assert outcome.status == command.status, f"$ {command.text}\n{outcome.stdout}{outcome.stderr}"
        if command.shown is not None:
            assert masked(outcome.output) == masked(command.shown), f"$ {command.text}\n{outcome.output}"


def test_the_picture_of_the_terminal_shows_the_demo(pages_shell: Shell) -> None:
    """`python -m tests.docs` makes it again."""
    demo, *_ = pages_shell.run(DOCS / "demo.md")
    shown = pictures.text_of(pictures.TERMINAL.read_text(encoding="utf-8"))
    assert masked(shown) == masked(plain(pictures.shown_of_demo(demo.stdout)))


def test_the_demo_distinguishes_the_two_shops(pages_shell: Shell) -> None:
    """By thirty points at least, with findings against one of them only, in a log that verifies."""
    demo, *_ = pages_shell.run(DOCS / "demo.md")
    manipulative, honest = demo.output.split("The honest shop")
    scores = [int(part.split("trust score ")[1].split()[0]) for part in (manipulative, honest)]
    assert scores[1] - scores[0] >= 30
    assert "equal, byte for byte" in manipulative and "Countdown" in manipulative
    assert "none" in honest.split("findings", 1)[1].splitlines()[0]
    assert "Verified the log" in honest


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_a_command_that_is_not_run_has_arguments_that_the_program_takes(page: Path) -> None:
    """Its command exists, and so does each of its options."""
    for line in parsed_only(page.read_text(encoding="utf-8")):
        _parse_veritas(without_comment(line))


@pytest.mark.parametrize("name", ["github.yml", "gitlab.yml"])
def test_an_example_of_a_build_parses_and_so_do_its_commands(name: str) -> None:
    """It is YAML, and the program takes its options."""
    example = yaml.safe_load(files((DOCS / "ci.md").read_text(encoding="utf-8"))[name])
    if name == "github.yml":
        lines = [step["run"] for step in example["jobs"]["audit"]["steps"] if "run" in step]
    else:
        lines = example["audit"]["script"]
    assert sum("veritas" in line and _parse_veritas(line) for line in lines) >= 2


def _parse_veritas(line: str) -> int:
    """Parse what a line of a shell has for `veritas`; return how many commands these are."""
    parsed = 0
    for part in line.split("&&"):
        words = shlex.split(part)
        words = words[: words.index("|")] if "|" in words else words
        if words[0].rpartition("/")[2] == "veritas":
            _parse(words[1:])
            parsed += 1
    return parsed


def _parse(arguments: list[str]) -> None:
    """Parse a command line without running it; what is wrong with it is raised."""
    context = cli.make_context("veritas", arguments)
    command: click.Command = cli
    while isinstance(command, click.Group):
        name, command_, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert command_ is not None
        command = command_
        context = command.make_context(name, rest, parent=context)


def test_the_test_command_of_the_readme_is_the_one_that_continuous_integration_runs() -> None:
    """And with the demo's it is all that is needed to begin."""
    first = [line for line in parsed_only((ROOT / "README.md").read_text()) if line.startswith("python3 -m venv")]
    assert first == [
        "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/veritas demo",
        "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest",
    ]
    assert first[1] in (ROOT / ".ci" / "run").read_text()
