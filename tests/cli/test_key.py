"""`veritas key`: the keys are shown, and no key is made or replaced without a word."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import TEE, write_all
from veritas.archive.keys import fingerprint, read_signing_key
from veritas.config import default_key


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Run the command line as a user without a key, on a log that nobody has signed."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    write_all(tmp_path / "own.db")
    return invoke_in(tmp_path / "own.db")


def own_fingerprint() -> str:
    return fingerprint(read_signing_key(default_key()).public_key)


@pytest.mark.parametrize(
    "command", [("checkpoint",), ("checkpoint", "--public-key"), ("export", TEE, "-o", "x.zip"), ("key", "create")]
)
def test_a_new_key_is_announced_once(invoke: Invoke, command: tuple[str, ...]) -> None:
    """The line has its file and its fingerprint."""
    lines = invoke(*command).stderr.splitlines()
    announced = f"Made a new signing key, {str(default_key())!r}: {own_fingerprint()}; keep a copy of the file."
    assert lines.count(announced) == 1
    assert "new signing key" not in invoke("checkpoint").stderr


def test_a_lost_key_is_not_replaced_by_itself(invoke: Invoke) -> None:
    invoke("checkpoint")
    lost = own_fingerprint()
    default_key().unlink()
    (Path("a.log")).write_text('##PROGRESS:{"seq":1}\n')
    ingested = invoke("ingest", "a.log")
    assert ingested.status == 0 and "Warning: No checkpoint was signed over this run: The log" in ingested.stderr
    for command in (("checkpoint",), ("checkpoint", "--public-key")):
        outcome = invoke(*command)
        assert outcome.status == 2 and lost in outcome.stderr and "`veritas key create`" in outcome.stderr
    assert not default_key().exists()
    assert invoke("key", "show", "--format", "json").json["signers"][0]["fingerprint"] == lost
    created = invoke("key", "create")
    assert created.stdout == own_fingerprint() + "\n" != lost + "\n"
    assert f"The log was signed with {lost} before, which is not trusted" in created.stderr
    assert invoke("verify").status == 1
    default_key().with_name("trusted_keys").write_text(
        created.stderr.partition("trusted_keys': ")[2].partition("\n")[0]
    )
    assert invoke("verify").status == 0
    assert invoke("checkpoint").status == 0
    again = invoke("key", "create")
    assert again.status == 2 and "`veritas key rotate` replaces it" in again.stderr


def test_a_rotation_is_printed_and_shown_and_followed(invoke: Invoke) -> None:
    """Whoever trusts the old key can verify the log as it is, and a bundle with the statement."""
    old_key = invoke("checkpoint", "--public-key").stdout.strip()
    invoke("checkpoint", "-o", "kept")
    old = own_fingerprint()
    outcome = invoke("key", "rotate", "--reason", "yearly", "-o", "statement")
    assert outcome.status == 0 and f"Replaced the key: {own_fingerprint()} follows {old}" in outcome.stderr
    shown = invoke("key", "show", "--format", "json").json
    assert shown["fingerprint"] == own_fingerprint() != old
    assert [key["fingerprint"] for key in shown["trusted"]] == [own_fingerprint(), old]
    assert [key["fingerprint"] for key in shown["signers"]] == [old, own_fingerprint()]
    schema = Draft202012Validator(invoke("schema", "key-show").json)
    assert schema.is_valid(shown) and not schema.is_valid(shown | {"next": False})
    (rotation,) = shown["rotations"]
    assert (rotation["old"], rotation["new"], rotation["reason"]) == (old, own_fingerprint(), "yearly")
    assert rotation["note"] == Path("statement").read_text("utf-8")
    text = invoke("key", "show")
    assert text.status == 0 and text.stdout.count(old) == 3
    assert invoke("verify", "--trust", old_key, "--checkpoint", "kept").status == 0

    Path("a.log").write_text('##PROGRESS:{"seq":1}\n')
    run = invoke("ingest", "a.log", "--json").json["run_id"]
    assert invoke("export", run, "-o", "x.zip").status == 0
    assert "Foreign signature" in invoke("verify", "x.zip", "--trust", old_key).stdout
    trust = ("--trust", old_key, "--trust", "statement")
    assert invoke("verify", "x.zip", *trust).status == 0
    assert invoke("import", "x.zip", *trust, "--db", "other.db").status == 0
    alone = invoke("verify", "x.zip", "--trust", "statement")
    assert alone.status == 2 and f"states that a key follows {old}, which is not a trusted key" in alone.stderr


def test_a_rotation_cannot_be_redacted(invoke: Invoke) -> None:
    invoke("checkpoint")
    invoke("key", "rotate", "--reason", "yearly")
    outcome = invoke("redact", "log", "1", "--source", "recorder", "--reason", "x", "--yes")
    assert outcome.status == 2


def test_a_rotation_without_a_key_or_a_log_is_refused(invoke: Invoke, tmp_path: Path) -> None:
    outcome = invoke("key", "rotate", "--reason", "yearly")
    assert outcome.status == 2 and "does not exist; `veritas key create` makes one" in outcome.stderr
    invoke("key", "create")
    outcome = invoke("key", "rotate", "--reason", "yearly", "--db", str(tmp_path / "none.db"))
    assert outcome.status == 2 and not (tmp_path / "none.db").exists()
    assert invoke("key", "show", "--db", str(tmp_path / "none.db")).status == 0
