"""`veritas checkpoint` signs the contents of the log; its messages go to stderr."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from store.proofs.signed_note import SigningKey, VerifierKey, open_signed_note
from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import TEE, write_all
from veritas.archive.archive import Archive
from veritas.archive.rotation import try_checkpoint
from veritas.config import default_key


@pytest.fixture
def invoke(tmp_path: Path) -> Invoke:
    """Run the command line on a log that may be written to."""
    write_all(tmp_path / "own.db")
    return invoke_in(tmp_path / "own.db")


def test_the_checkpoint_is_printed(invoke: Invoke) -> None:
    """It is signed with the user's own key, which no one else may read; a second call prints the same."""
    outcome = invoke("checkpoint")
    assert (outcome.status, outcome.stderr) == (0, "Signed 44 events; keep a copy elsewhere.\n")
    assert stat.S_IMODE(default_key().stat().st_mode) == 0o600
    assert stat.S_IMODE(default_key().parent.stat().st_mode) == 0o700
    public_key = VerifierKey.parse(invoke("checkpoint", "--public-key").stdout)
    checkpoint, signer = open_signed_note(outcome.stdout.encode(), [public_key.public_key])
    assert (checkpoint.size, checkpoint.origin, signer) == (44, public_key.name, public_key.public_key)
    again = invoke("checkpoint")
    assert (again.status, again.stdout) == (0, outcome.stdout)
    assert again.stderr.startswith("No events since the last checkpoint, which signed 44 events; `veritas verify`")


def test_the_checkpoint_is_written_to_a_file(invoke: Invoke, tmp_path: Path) -> None:
    printed = invoke("checkpoint").stdout
    outcome = invoke("checkpoint", "--output", str(tmp_path / "kept"))
    assert (outcome.stdout, (tmp_path / "kept").read_text()) == ("", printed)


def test_an_existing_checkpoint_is_not_overwritten(invoke: Invoke, tmp_path: Path) -> None:
    """It may be the only copy; --force replaces it."""
    (tmp_path / "kept").write_text("precious")
    for what in ((), ("--public-key",)):
        refused = invoke("checkpoint", *what, "-o", str(tmp_path / "kept"))
        assert refused.status == 2 and "already exists" in refused.stderr and "--force" in refused.stderr
        assert (tmp_path / "kept").read_text() == "precious"
    assert invoke("checkpoint", "--force", "-o", str(tmp_path / "kept")).status == 0
    assert (tmp_path / "kept").read_text() == invoke("checkpoint").stdout


def test_another_key_can_sign(invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given as an option or in the environment."""
    key, file = SigningKey.generate(), tmp_path / "other.key"
    file.write_bytes(key.to_pem())
    file.chmod(0o600)
    note = invoke("checkpoint", "--key", str(file)).stdout.encode()
    assert open_signed_note(note, [key.public_key])[1] == key.public_key
    monkeypatch.setenv("VERITAS_KEY", str(file))
    assert invoke("checkpoint").stdout.encode() == note
    assert invoke("verify").status == 0


def test_a_changed_log_is_not_signed(invoke: Invoke, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "own.db")) as connection, connection:
        connection.execute("DROP TRIGGER event_update")
        connection.execute("UPDATE event SET step = 'elsewhere' WHERE position = 17")
    outcome = invoke("checkpoint")
    assert (outcome.status, outcome.stdout) == (2, "")
    assert "position 17: changed" in outcome.stderr
    assert outcome.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [("checkpoint",), ("export", TEE, "-o", "x.zip"), ("checkpoint", "-o", "x")])
def test_a_refused_command_creates_no_key_and_no_file(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """A key is created only to sign with it; a stray key might sign something later."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    with closing(sqlite3.connect(tmp_path / "own.db")) as connection, connection:
        connection.execute("DROP TRIGGER event_update")
        connection.execute("UPDATE event SET step = 'elsewhere' WHERE position = 17")
    outcome = invoke(*arguments)
    assert (outcome.status, outcome.stdout) == (2, "") and "changed" in outcome.stderr
    with Archive.open(tmp_path / "own.db") as archive:
        assert "changed" in (try_checkpoint(archive.log) or "")
    assert not (tmp_path / "config").exists() and [*Path().iterdir()] == []


def test_an_impossible_file_is_refused_before_signing(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    assert invoke("checkpoint", "-o", str(tmp_path / "there")).status == 2
    with Archive.open(tmp_path / "own.db") as archive:
        assert not [*archive.log.checkpoints()]


def test_an_empty_log_is_not_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    empty = invoke_in(tmp_path / "empty.db")
    assert empty("checkpoint").status == 2
    empty("db", "upgrade")
    for arguments in ((), ("--public-key",)):
        outcome = empty("checkpoint", *arguments)
        assert (outcome.status, outcome.stderr.count("\n")) == (2, 1)
    assert not default_key().exists()
