"""The configuration file: which file it is, what wins over it, and what it may not say."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from tests.cli.invoking import Invoke, Outcome
from veritas.cli import COMMANDS, cli
from veritas.cli.lib.config_file import ConfigFile, find_config
from veritas.cli.lib.config_option import SHARED, add_config_option, options_of
from veritas.cli.lib.config_value import HARMLESS
from veritas.cli.lib.options import ipc_options
from veritas.errors import UsageError

TABLES = ("audit", "check", "list", "show", "events", "replay", "diff")


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty directory."""
    place = tmp_path / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def config(directory: Path) -> Callable[[str], Path]:
    """Write the configuration of the working directory."""

    def write(text: str, name: str = "veritas.toml") -> Path:
        path = directory / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


Config = Callable[..., Path]


def refused(outcome: Outcome) -> str:
    assert (outcome.status, outcome.stdout, outcome.stderr.count("\n")) == (2, "", 1), outcome
    return outcome.stderr.removeprefix("Error: ").rstrip()


def rows(outcome: Outcome) -> int:
    assert outcome.status == 0, outcome.stderr
    return len(outcome.rows)


def test_the_command_line_wins_over_the_file(invoke: Invoke, config: Config) -> None:
    config("[list]\nlimit = 1\n")
    assert rows(invoke("list")) == 1
    assert rows(invoke("list", "--limit", "2")) == 2


def test_the_environment_wins_over_the_file(invoke: Invoke, config: Config) -> None:
    """The log of VERITAS_DB is used, and not that of the file."""
    path = config('db = "none.db"\n')
    assert rows(invoke("--config", str(path), "list")) == 3


def test_a_path_is_relative_to_the_file(
    log: Path, config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = config(f'db = "{os.path.relpath(log, Path.cwd())}"\n')
    monkeypatch.chdir(tmp_path)
    for arguments in (("list", "--config", str(path)), ("--config", str(path), "list")):
        outcome = CliRunner().invoke(cli, arguments, env={"VERITAS_DB": None})
        assert (outcome.exit_code, outcome.stdout.count("\n")) == (0, 4)


def test_a_file_that_is_named_replaces_the_other(
    invoke: Invoke, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    config("[list]\nlimit = 1\n")
    other = config("[list]\nlimit = 2\n", "other.toml")
    assert rows(invoke("list", "--config", str(other))) == 2
    monkeypatch.setenv("VERITAS_CONFIG", str(other))
    assert rows(invoke("list")) == 2
    monkeypatch.setenv("VERITAS_CONFIG", os.devnull)
    assert rows(invoke("list")) == 3


def test_no_directory_above_is_searched(invoke: Invoke, config: Config, directory: Path, monkeypatch: Any) -> None:
    config("[list]\nlimit = 1\n")
    (directory / "below").mkdir()
    monkeypatch.chdir(directory / "below")
    assert rows(invoke("list")) == 3


def test_a_flag_of_the_command_line_is_not_joined_with_those_of_the_file(config: Config) -> None:
    """The queue of the file would win over --use-stdout."""
    config("[probe]\nuse-queue-ipc = true\n")
    seen: list[dict[str, bool]] = []

    @click.command("probe")
    @ipc_options
    def probe(flags: dict[str, bool], rerun: bool) -> None:
        seen.append(flags)

    add_config_option(probe, ["probe"])
    program = click.Group(commands={"probe": probe})
    file = config("[probe]\nuse-queue-ipc = true\n", "named.toml")
    for arguments in ([], ["--use-stdout"], ["--validate-ipc"]):
        assert CliRunner().invoke(program, ["probe", "--config", str(file), *arguments]).exit_code == 0
    assert [[name for name, given in flags.items() if given] for flags in seen] == [
        ["use_queue_ipc"],
        ["use_stdout"],
        ["validate_ipc"],
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[audit]\n\nteir = 'x'", "line 3: `veritas audit` has no option 'teir'; did you mean 'tier'?"),
        ("[audit]\nuser_agent = 'x'", "line 2: `veritas audit` has no option 'user_agent'; did you mean 'user-agent'?"),
        ("[audit]\nxyzzy = 1", "line 2: `veritas audit` has no option 'xyzzy'; `veritas audit --help` lists them."),
        ("[audit]\ntimeout = 'x'", "line 2: 'timeout' takes a whole number, and not text."),
        ("[audit]\ntimeout = true", "line 2: 'timeout' takes a whole number, and not true or false."),
        (
            "[audit]\ntimeout = 0",
            "the value of 'timeout' is invalid: 0 is not a whole number from 1 to 86,400.",
        ),
        ("[audit]\ntimeout = 2.0", "line 2: 'timeout' takes a whole number, and not a number with a decimal point."),
        (
            "[audit]\n\ntier = 'quick'",
            "line 3: the value of 'tier' is invalid: there is no tier 'quick'; the tiers are quick_scan, ",
        ),
        ("[audit]\ntier = 3", "line 2: 'tier' takes text in quotation marks, and not a number."),
        ("[audit]\njson = 'yes'", "line 2: 'json' takes true or false, and not text."),
        ("[audit]\nfail-on = 'x'", "line 2: 'fail-on' takes several values; write them in brackets:"),
        ("[audit]\nfail-on = [\n  'a',\n  1,\n]", "line 2: 'fail-on' takes text in quotation marks, and not a number."),
        ("[audit.deep]\ntier = 'x'", "there is no command `veritas audit deep`."),
        ("tier = 'x'", "line 1: 'tier' is not an option of all commands; write it below its command, such as [audit]"),
        ("vebrose = true", "line 1: 'vebrose' is not an option of all commands; did you mean 'verbose'?"),
        ("\n[audti]\n", "line 2: there is no command 'audti'; did you mean 'audit'?"),
        ("[xyzzy]", "line 1: there is no command 'xyzzy'; `veritas --help` lists the commands."),
        ("[audit]\ntier 'x'", "is not TOML: Expected '=' after a key in a key/value pair (at line 2, column 6)"),
        ("[audit]\nconfig = 'x'", "has no option 'config'"),
    ],
)
def test_what_is_wrong_is_one_sentence_with_its_line(invoke: Invoke, config: Config, text: str, fault: str) -> None:
    config(text)
    sentence = refused(invoke("audit", "http://a.test/"))
    assert fault in sentence
    assert "'veritas.toml'" in sentence


@pytest.fixture
def quick_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name another program as the browser, which answers the doctor sooner."""
    monkeypatch.setenv("VERITAS_BROWSER", sys.executable)


@pytest.mark.usefixtures("quick_browser")
def test_the_tables_of_other_commands_are_left_to_the_doctor(invoke: Invoke, config: Config) -> None:
    """An error in one stops no other command."""
    config("[audit]\nteir = 'x'\n[rollout.gaet]\n")
    assert invoke("list").status == 0
    (check,) = (each for each in invoke("doctor", "--format", "json").json["checks"] if each["name"] == "configuration")
    assert check["result"] == "wrong"
    assert "line 2: `veritas audit` has no option 'teir'" in check["finding"] + check["remedy"]


@pytest.mark.usefixtures("quick_browser")
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[lst]\n", "line 1: there is no command 'lst'; did you mean 'list'?\n"),
        ("[list\n", "is not TOML"),
        ("[rollout.gaet]\n", "there is no command `veritas rollout gaet`; did you mean 'gate'?\n"),
    ],
)
def test_the_doctor_reports_a_faulty_file_and_goes_on(invoke: Invoke, config: Config, text: str, fault: str) -> None:
    config(text)
    done = invoke("doctor")
    assert (done.status, done.stderr) == (1, "")
    assert "wrong      configuration " in done.stdout and fault in done.stdout
    assert "temporary files" in done.stdout


@pytest.mark.usefixtures("quick_browser")
def test_the_doctor_names_the_file(invoke: Invoke, config: Config) -> None:
    path = config("[rollout.gate]\nset = ['margin=0.1']\n")
    for arguments, words in (((), "only a file that is named"), (("--config", str(path)), "named by --config")):
        found = invoke("doctor", "--format", "json", *arguments).json["checks"]
        (check,) = (each for each in found if each["name"] == "configuration")
        assert words in check["finding"] + (check["remedy"] or "")


@pytest.mark.parametrize("name", ["header", "cookie", "basic-auth"])
def test_a_secret_is_refused_and_not_repeated(invoke: Invoke, config: Config, name: str) -> None:
    """As on the command line; its place is accepted."""
    secret = "Authorization: Bearer s3cret-of-mine"
    value = f'"{secret}"' if name == "basic-auth" else f'["{secret}"]'
    path = config(f"[audit]\n{name} = {value}\n")
    sentence = refused(invoke("audit", "http://a.test/", "--config", str(path)))
    assert "takes no value itself" in sentence and "s3cret" not in sentence


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        ("[audit]\nproxy = 'http://me:s3cret@proxy.test:1'", "VERITAS_PROXY"),
        ("db = 'postgresql://me:s3cret@db.test/x'", "VERITAS_DB"),
        ("db = 'postgresql://db.test/x?password=s3cret'", "VERITAS_DB"),
    ],
)
def test_a_password_is_refused_and_not_repeated(invoke: Invoke, config: Config, text: str, variable: str) -> None:
    path = config(text)
    sentence = refused(invoke("audit", "http://a.test/", "--config", str(path)))
    assert variable in sentence and "s3cret" not in sentence


@pytest.mark.parametrize(
    "text",
    [
        "db = 'log.db'",
        "key = 'my.key'",
        "[audit]\nbrowser = './evil'",
        "[audit]\nproxy = 'http://proxy.test:1'",
        "[audit]\nallow-private = ['10.0.0.1']",
        "[audit]\nheader = ['@/etc/passwd']",
        "[audit]\nheader = ['env:HOME']",
        "[audit]\nstorage-state = 'state.json'",
        "[audit]\nfrom = 'urls.txt'",
        "[audit]\nforce = true",
        "[audit]\noutput = '../out.json'",
        "[audit]\noutput = 'link/out.json'",
        "[audit]\njunit = '~/x.xml'",
        "[audit]\nsarif = '/tmp/x.sarif'",
    ],
)
def test_a_file_that_nobody_named_starts_reads_and_replaces_nothing(
    invoke: Invoke, config: Config, directory: Path, tmp_path: Path, text: str
) -> None:
    """A repository that was cloned may have one."""
    (tmp_path / "elsewhere").mkdir()
    (directory / "link").symlink_to(tmp_path / "elsewhere")
    config(text)
    assert "if you trust it, name it: `--config veritas.toml`." in refused(invoke("audit", "http://a.test/"))
    assert sorted(path.name for path in directory.iterdir()) == ["link", "veritas.toml"]


def test_a_file_in_its_own_directory_may_be_written(config: Config, directory: Path) -> None:
    config("[check]\njunit = 'out.xml'\nsarif = 'here/out.sarif'\n")
    (directory / "here").mkdir()
    values = options_of(_found(), _context(("check",)), COMMANDS)
    assert values == {"junit": str(directory / "out.xml"), "sarif": str(directory / "here/out.sarif")}


def test_a_pipe_is_not_waited_for(invoke: Invoke, directory: Path) -> None:
    """Anyone can make one in a directory that others may write to."""
    os.mkfifo(directory / "veritas.toml")
    assert invoke("list").status == 0


def test_a_file_of_any_size_is_refused(invoke: Invoke, directory: Path) -> None:
    with (directory / "veritas.toml").open("wb") as file:
        file.truncate(2_000_000_000)
    assert "has more than 1,000,000 bytes" in refused(invoke("list"))


def test_every_option_can_be_in_a_file_that_is_named(directory: Path) -> None:
    """By its long name, with a value of its type."""
    for path, ctx, option in _options():
        name = max(option.opts, key=len).removeprefix("--")
        file = _file(path, name, _example(option), named=True)
        assert options_of(file, ctx, COMMANDS).keys() == {option.name}, (path, name)


def test_a_file_says_what_the_command_line_says(config: Config) -> None:
    """A command gets the same from either, for every option that takes the value of the example."""
    compared = 0
    for path, ctx, option in _options():
        flag = max(option.opts, key=len)
        value = _example(option)
        typed = [flag] if value is True else [flag, str(value[0] if isinstance(value, list) else value)]
        needed = ["x" for each in ctx.command.params if isinstance(each, click.Argument) and each.required]
        config(_toml(path, flag.removeprefix("--"), value), "named.toml")
        by_line = _parsed(ctx, [*typed, *needed])
        assert _parsed(ctx, ["--config", "named.toml", *needed]) == by_line, (path, flag)
        compared += by_line is not None
    assert compared > 200


def test_of_those_a_file_that_nobody_named_may_give_few(directory: Path) -> None:
    """An option that is new is not among them until someone has thought about it."""
    for path, ctx, option in _options():
        name = max(option.opts, key=len).removeprefix("--")
        file = _file(path, name, _example(option), named=False)
        allowed = path[0] in TABLES and name in HARMLESS
        try:
            options_of(file, ctx, COMMANDS)
        except UsageError as error:
            assert not allowed, error
        else:
            assert allowed, (path, name)
    assert not HARMLESS & {"browser", "db", "key", "trust", "proxy", "allow-private", "header", "force", "from", "yes"}


def test_what_is_for_all_commands_is_an_option_of_several() -> None:
    for shared in SHARED:
        assert sum(max(option.opts, key=len) == f"--{shared}" for _, _, option in _options()) > 1


def _found() -> ConfigFile:
    file = find_config(None)
    assert file is not None
    return file


def _file(path: tuple[str, ...], name: str, value: Any, *, named: bool) -> ConfigFile:
    table: dict[str, Any] = {name: value}
    for each in reversed(path):
        table = {each: table}
    return ConfigFile(Path("veritas.toml"), "--config" if named else None, "", table)


def _toml(path: tuple[str, ...], name: str, value: Any) -> str:
    """Return a file with one value."""
    written = json.dumps(value)
    return f"[{'.'.join(path)}]\n{name} = {written}\n"


def _parsed(ctx: click.Context, arguments: list[str]) -> dict[str, str] | None:
    """Return the parameters that a command gets; None if it refuses them."""
    try:
        with ctx.command.make_context(ctx.info_name, [*arguments], parent=ctx.parent) as made:
            return {name: repr(value) for name, value in made.params.items()}  # opened files equal no others
    except (click.ClickException, UsageError):
        return None


def _example(option: click.Option) -> Any:
    """Return a value that an option takes."""
    kind = option.type
    value: Any = "-" if option.metavar == "SOURCE" else str(Path.cwd() / "x")
    if isinstance(kind, click.Choice):
        value = kind.choices[0]
    elif isinstance(kind, click.types.IntParamType | click.types.FloatParamType):
        value = int(getattr(kind, "min", None) or 1)
    elif isinstance(kind, click.File):
        value = os.devnull
    if option.is_flag:
        value = True
    return [value] if option.multiple else value


def _context(path: tuple[str, ...]) -> click.Context:
    ctx = click.Context(cli, info_name="veritas")
    for name in path:
        assert isinstance(ctx.command, click.Group)
        command = ctx.command.get_command(ctx, name)
        assert command is not None
        ctx = click.Context(command, parent=ctx, info_name=name)
    return ctx


def _options(path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Context, click.Option]]:
    """Yield every option of every command, with the command's names and context."""
    ctx = _context(path)
    if isinstance(ctx.command, click.Group):
        for name in ctx.command.list_commands(ctx):
            yield from _options((*path, name))
        return
    for option in ctx.command.params:
        if isinstance(option, click.Option) and option.name not in ("config", "help", "version"):
            yield path, ctx, option
