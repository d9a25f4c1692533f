"""The values of a login come from files, variables and prompts, and from nowhere that others can read."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from veritas.cli.lib.errors import click_errors
from veritas.cli.lib.login import login_options


@click.command()
@login_options
@click.pass_context
def shown(ctx: click.Context, login: dict[str, object]) -> None:
    """Write what the command would log in with."""
    click.echo(json.dumps(login, default=str))


class Group(click.Group):
    """A group that shows errors as the command line does."""

    def invoke(self, ctx: click.Context) -> object:
        with click_errors(ctx):
            return super().invoke(ctx)


def run(*arguments: str, stdin: str = "") -> Result:
    """Run the command."""
    return CliRunner().invoke(Group(commands=[shown]), ["shown", *arguments], input=stdin)


def test_a_value_comes_from_a_file_a_variable_or_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line of a file is a header or a cookie of its own. A variable is taken out of the environment."""
    (tmp_path / "headers").write_text("A: one\n\nB: two\n")
    monkeypatch.setenv("MY_LOGIN", "me:secret")
    done = run("--header", f"@{tmp_path}/headers", "--cookie", "-", "--basic-auth", "env:MY_LOGIN", stdin="c=d\n")
    assert json.loads(done.stdout) == {
        "headers": ["A: one", "B: two"],
        "cookies": ["c=d"],
        "basic_auth": "me:secret",
        "storage_state": None,
    }
    assert "MY_LOGIN" not in os.environ


@pytest.mark.parametrize("option", ["--header", "--cookie", "--basic-auth"])
@pytest.mark.parametrize("value", ["s3cret", "X: s3cret", "a=s3cret", "me:s3cret"])
def test_a_value_on_the_command_line_is_refused_and_not_repeated(option: str, value: str) -> None:
    done = run(option, value)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Error: {option} takes no value itself") and "give @FILE" in done.stderr
    assert "s3cret" not in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("@nosuch", "the file 'nosuch' cannot be read: No such file or directory"),
        ("@.", "the file '.' cannot be read: Is a directory"),
        ("@a\0b", "cannot be read"),
        ("@/dev/zero", "has more than 100,000 characters"),
        ("@latin", "not text in UTF-8"),
        ("@empty", "has no value for"),
        ("@two", "has 2 lines; give one"),
        ("env:NOSUCH", "the environment variable 'NOSUCH' is not set"),
        ("-", "has no value for"),
    ],
)
def test_a_source_without_a_value_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").write_text("\n \n")
    Path("two").write_text("a:b\nc:d\n")
    Path("latin").write_bytes(b"me:\xff")
    done = run("--basic-auth", source)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr, done.stderr
