"""`veritas verify` accepts a log that is as it was recorded, and reports a log that is not."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from store.proofs.signed_note import Checkpoint, SigningKey, VerifierKey
from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import FAILED, RUNNING, TEE, write_all
from tests.store.raw import raw_connection
from veritas.archive.conclusion import HOW_TO_TRUST
from veritas.config import default_key


@pytest.fixture
def tampered(tmp_path: Path) -> Invoke:
    """A log without its guards, in which one byte of one body was changed."""
    database = tmp_path / "tampered.db"
    write_all(database)
    with closing(sqlite3.connect(database)) as connection, connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE event SET body = CAST(replace(body, 'hung', 'hunk') AS BLOB) WHERE position = 17")
    return invoke_in(database)


def test_an_unchanged_log_verifies(invoke: Invoke) -> None:
    outcome = invoke("verify")
    assert outcome.status == 0
    assert outcome.stdout.startswith(
        "Verified the log: 44 events, all as they were recorded.\nNo checkpoint covers them"
    )
    assert invoke("verify", "--format", "json").json == {
        "ok": True,
        "events": 44,
        "fault": None,
        "checkpoints": 0,
        "covered": 0,
        "signed": False,
    }


def test_one_audit_can_be_verified(invoke: Invoke) -> None:
    assert invoke("verify", FAILED).stdout.startswith(
        f"Verified run {FAILED}.1: 8 events, all as they were recorded.\n"
    )
    assert invoke("verify", "vrts_ffff").status == 2


def test_a_changed_byte_is_found_and_its_position_named(tampered: Invoke) -> None:
    outcome = tampered("verify")
    assert outcome.status == 1
    assert "position 17" in outcome.stdout and TEE in outcome.stdout
    fault = tampered("verify", "--format", "json").json["fault"]
    assert (fault["position"], fault["run_id"], fault["what"]) == (17, f"{TEE}.1", "changed")


def test_a_dropped_guard_is_named(invoke: Invoke, log: Path, tmp_path: Path) -> None:
    """Nothing was changed yet, but from now on everything could be; one run is as it was recorded."""
    (tmp_path / "unguarded.db").write_bytes(log.read_bytes())
    with raw_connection(str(tmp_path / "unguarded.db")) as raw:
        raw.execute("DROP TRIGGER event_delete")
    unguarded = invoke_in(tmp_path / "unguarded.db")
    outcome = unguarded("verify")
    assert outcome.status == 1
    assert outcome.stdout == (
        "Not as it was recorded: schema differs: the trigger 'event_delete' of 'event' is missing.\n"
        "44 events were checked before that.\n"
    )
    assert unguarded("verify", TEE).status == 0


def test_another_audit_than_the_changed_one_still_verifies(tampered: Invoke) -> None:
    assert tampered("verify", RUNNING).status == 0
    assert tampered("verify", TEE).status == 1


def test_a_missing_log_cannot_be_verified(invoke_empty: Invoke) -> None:
    assert invoke_empty("verify").status == 2


@pytest.fixture
def signed(tmp_path: Path) -> Invoke:
    """A log with a checkpoint of all its events, signed with the user's own key."""
    database = tmp_path / "signed.db"
    write_all(database)
    invoke = invoke_in(database)
    assert invoke("checkpoint", "-o", str(tmp_path / "kept")).status == 0
    return invoke


def test_a_signed_log_is_checked_against_its_checkpoint(signed: Invoke) -> None:
    assert signed("verify").stdout.splitlines()[1] == (
        "Checked against 1 checkpoint, the last over 44 events, signed by trusted keys."
    )
    assert signed("verify", TEE).stdout.splitlines()[1].startswith("Checked against 1 checkpoint")


def cut_after(database: Path, last: int) -> None:
    """Remove the events after *last*, and put everything else that shows it right."""
    with raw_connection(str(database)) as raw:
        raw.remove_guards()
        raw.execute("DELETE FROM event WHERE position > ?", last)
        raw.lower_counter()


def test_a_checkpoint_kept_elsewhere_finds_a_cut_tail(signed: Invoke, tmp_path: Path) -> None:
    """Even if the attacker removed the log's own checkpoint and rebuilt the read models."""
    cut_after(tmp_path / "signed.db", 40)
    with raw_connection(str(tmp_path / "signed.db")) as raw:
        raw.remove_guards()
        raw.execute("DELETE FROM checkpoint")
    signed("db", "rebuild")
    assert signed("verify").status == 0
    outcome = signed("verify", "--checkpoint", str(tmp_path / "kept"))
    assert outcome.status == 1
    assert outcome.stdout.startswith(
        "Not as it was recorded: position 41: cut tail: the given checkpoint of 44 events covers"
    )
    assert signed("verify", TEE, "--checkpoint", str(tmp_path / "kept")).status == 1


def test_an_untrusted_checkpoint_still_reveals_a_cut_tail(
    signed: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cut tail is reported although no one trusts the checkpoint's key."""
    cut_after(tmp_path / "signed.db", 43)
    signed("db", "rebuild")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "another-user"))
    signed("key", "create")  # the other user's own
    outcome = signed("verify")
    assert outcome.status == 1
    assert outcome.stdout.startswith(
        "Not as it was recorded: position 44: cut tail: the checkpoint of 44 events, which was not signed by a trusted"
    )
    assert signed("verify", TEE).status == 1


def test_a_checkpoint_by_a_key_that_is_not_trusted_is_foreign(
    signed: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the key is trusted, by itself or in a file."""
    key = signed("checkpoint", "--public-key").stdout.strip()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "another-user"))
    assert "who signed them was not checked" in signed("verify").stdout
    signed("key", "create")  # the other user's own
    outcome = signed("verify")
    assert outcome.status == 1
    assert outcome.stdout.splitlines() == [
        f"Foreign signature: the checkpoint of 44 events was signed by {key!r}, which is not a trusted key.",
        "Otherwise the log is as it was recorded: 44 events.",
        HOW_TO_TRUST,
    ]
    result = signed("verify", "--format", "json").json
    assert (result["ok"], result["events"], result["fault"]["what"]) == (False, 44, "foreign signature")
    of_run = f"Otherwise run {TEE}.1 is as it was recorded: 34 events.\n{HOW_TO_TRUST}\n"
    assert signed("verify", TEE).stdout.endswith(of_run)
    assert signed("verify", "--checkpoint", str(tmp_path / "kept")).status == 1
    listed = tmp_path / "keys"
    listed.write_text(f"# a colleague's\n\n{key}  # since spring\n")
    for trusted in (key, str(listed)):
        assert signed("verify", "--trust", trusted, "--checkpoint", str(tmp_path / "kept")).status == 0
    listed.rename(tmp_path / "another-user" / "veritas" / "trusted_keys")
    assert signed("verify").status == 0


def test_given_keys_replace_ones_own(signed: Invoke, tmp_path: Path) -> None:
    """For a log and for a bundle alike: one of the given keys must have signed."""
    own = signed("checkpoint", "--public-key").stdout.strip()
    origin, other = own.partition("+")[0], SigningKey.generate()
    assert signed("export", TEE, "-o", str(tmp_path / "x.zip")).status == 0
    for what in ((), (str(tmp_path / "x.zip"),)):
        for key, status in ((own, 0), (str(VerifierKey(origin, other.public_key)), 1)):
            outcome = signed("verify", *what, "--trust", key)
            assert outcome.status == status
            assert outcome.stdout.startswith("Foreign signature: ") == bool(status)


def test_a_worse_fault_is_reported_before_a_foreign_signature(tampered: Invoke, tmp_path: Path) -> None:
    tampered("checkpoint", "--public-key")  # makes a key of one's own
    with closing(sqlite3.connect(tmp_path / "tampered.db")) as connection, connection:
        signed = SigningKey.generate()
        origin = (
            f"veritas/log/{connection.execute('SELECT hash FROM event WHERE position = 1').fetchone()[0][:8].hex()}"
        )
        note = signed.sign(Checkpoint(origin, 5, bytes(32)))
        connection.execute("INSERT INTO checkpoint VALUES (5, ?, ?)", (signed.public_key, note))
    assert "position 17" in tampered("verify").stdout


def test_an_unusable_own_key_is_only_a_warning(signed: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Verifying needs no key of one's own; a warning reports that it is not trusted."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "another-user"))
    default_key().parent.mkdir(parents=True)
    for text, mode in ((SigningKey.generate().to_pem(), 0o644), (b"no key", 0o600)):
        default_key().write_bytes(text)
        default_key().chmod(mode)
        outcome = signed("verify")
        assert outcome.status == 0
        assert outcome.stderr.startswith("Warning: Your own key is not among those that are trusted: The signing key")
        assert outcome.stderr.count("\n") == 1
        assert "who signed them was not checked" in outcome.stdout


def test_an_invalid_checkpoint_or_key_is_a_usage_error(signed: Invoke, tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense"
    nonsense.write_text("no checkpoint\n")
    for arguments in (
        ("--checkpoint", str(nonsense)),
        ("--checkpoint", str(tmp_path / "none")),
        ("--trust", str(nonsense)),
        ("--trust", "veritas/log/x+00000000+AAAA"),
    ):
        outcome = signed("verify", *arguments)
        assert (outcome.status, outcome.stdout) == (2, "")
        assert outcome.stderr.count("Error: ") == 1


def test_an_attachment_under_another_media_type_is_found(signed: Invoke, tmp_path: Path) -> None:
    """The first event with the attachment has its media type."""
    with closing(sqlite3.connect(tmp_path / "signed.db")) as connection, connection:
        connection.execute("DROP TRIGGER artifact_update")
        changed = connection.execute("UPDATE artifact SET media_type = 'text/html'").rowcount
    assert changed > 0
    fault = signed("verify", "--format", "json").json["fault"]
    assert (fault["what"], fault["position"] > 0) == ("artifact differs", True)
