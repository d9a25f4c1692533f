"""A file of the wrong kind is identified, with the command that takes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import TEE, write_all
from veritas.config import default_key


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
    ("file", "expected"),
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
def test_a_file_that_is_not_a_bundle_is_identified(signed: Invoke, command: str, file: str, expected: str) -> None:
    outcome = signed(command, file)
    assert (outcome.status, outcome.stdout, outcome.stderr.count("\n")) == (2, "", 1)
    assert expected in outcome.stderr.lower() or expected in outcome.stderr


@pytest.mark.parametrize("bundle", [(), ("x.zip",)])
@pytest.mark.parametrize("file", ["notes", "x.zip", "veritas.db"])
def test_a_file_that_is_not_a_checkpoint_is_refused(signed: Invoke, bundle: tuple[str, ...], file: str) -> None:
    outcome = signed("verify", *bundle, "--checkpoint", file)
    assert (outcome.status, outcome.stdout, outcome.stderr.count("\n")) == (2, "", 1)
    assert f"{file!r} is not a signed checkpoint" in outcome.stderr
    assert "give one that `veritas checkpoint -o FILE` wrote" in outcome.stderr


@pytest.mark.parametrize("file", ["notes", "x.zip", "veritas.db", "x.checkpoint", "."])
def test_an_invalid_list_of_keys_is_refused_without_python_terms(signed: Invoke, file: str) -> None:
    outcome = signed("verify", "--trust", file)
    assert (outcome.status, outcome.stdout, outcome.stderr.count("\n")) == (2, "", 1)
    assert repr(file) in outcome.stderr and "; give a file with one a line" in outcome.stderr
    assert "codec" not in outcome.stderr and "Unicode" not in outcome.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_checkpoint_and_a_list_of_keys_that_were_saved_on_windows_are_read(
    signed: Invoke, tmp_path: Path, encoding: str
) -> None:
    """They have CRLF, and may have a byte order mark or be UTF-16."""
    for name, text in (("note", (tmp_path / "x.checkpoint").read_text("utf-8")), ("key", public_key(signed))):
        (tmp_path / name).write_bytes(text.replace("\n", "\r\n").encode(encoding))
    outcome = signed("verify", "--checkpoint", "note", "--trust", "key")
    assert (outcome.status, outcome.stderr) == (0, "")
    assert signed("verify", "x.zip", "--trust", "key").status == 0
    assert "is a signed checkpoint" in signed("verify", "note").stderr
    default_key().with_name("trusted_keys").write_bytes((tmp_path / "key").read_bytes())
    assert signed("verify").status == 0
    default_key().with_name("trusted_keys").unlink()


def public_key(invoke: Invoke) -> str:
    return invoke("checkpoint", "--public-key").stdout
