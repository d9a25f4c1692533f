"""A file that is given in the wrong place is called what it is, with the command that it belongs to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import TEE, write_all


@pytest.fixture
def signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Run commands in a directory with a log, a checkpoint of it and a bundle."""
    monkeypatch.chdir(tmp_path)
    write_all(tmp_path / "veritas.db")
    invoke = invoke_in(tmp_path / "veritas.db")
    assert invoke("checkpoint", "-o", "x.checkpoint").status == 0
    assert invoke("export", TEE, "-o", "x.zip").status == 0
    (tmp_path / "notes").write_bytes(b"\xff\xfe")
    return invoke


@pytest.mark.parametrize("command", ["verify", "import"])
@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("x.checkpoint", "'x.checkpoint' is a signed checkpoint; `veritas verify --checkpoint x.checkpoint` checks"),
        (
            "veritas.db",
            "'veritas.db' is an SQLite database; if it is a log, `veritas verify --db veritas.db` checks it",
        ),
        ("notes", "'notes' is not an evidence bundle"),
        (".", "'.' is a directory"),
        ("none.zip", "'none.zip'"),
        ("./none", "'./none'"),
    ],
)
def test_what_is_no_bundle_is_called_what_it_is(signed: Invoke, command: str, file: str, said: str) -> None:
    outcome = signed(command, file)
    assert (outcome.status, outcome.stdout, outcome.stderr.count("\n")) == (2, "", 1)
    assert said in outcome.stderr.lower() or said in outcome.stderr


@pytest.mark.parametrize("bundle", [(), ("x.zip",)])
@pytest.mark.parametrize("file", ["notes", "x.zip", "veritas.db"])
def test_a_checkpoint_that_is_none_is_named(signed: Invoke, bundle: tuple[str, ...], file: str) -> None:
    outcome = signed("verify", *bundle, "--checkpoint", file)
    assert (outcome.status, outcome.stdout, outcome.stderr.count("\n")) == (2, "", 1)
    assert f"{file!r} is not a signed checkpoint" in outcome.stderr
    assert "give a file that `veritas checkpoint -o FILE` wrote" in outcome.stderr


@pytest.mark.parametrize("file", ["notes", "x.zip", "veritas.db", "x.checkpoint", "."])
def test_a_list_of_keys_that_is_none_is_told_without_pythons_words(signed: Invoke, file: str) -> None:
    outcome = signed("verify", "--trust", file)
    assert (outcome.status, outcome.stdout, outcome.stderr.count("\n")) == (2, "", 1)
    assert repr(file) in outcome.stderr and "; give a file with one a line" in outcome.stderr
    assert "codec" not in outcome.stderr and "Unicode" not in outcome.stderr
