"""`veritas export`, `verify FILE` and `import`: a bundle is exported, verified without a log, and imported."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from store.proofs.signed_note import SigningKey, VerifierKey
from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import FAILED, TEE, write_all
from tests.store.bundling import edited
from veritas.archive.conclusion import HOW_TO_TRUST

PRIVATE_KEY = (
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
    "-----END PRIVATE KEY-----\n"
)


@pytest.fixture
def exporter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Run the command line in an empty directory, on a log of its own."""
    write_all(tmp_path / "veritas.db")
    monkeypatch.chdir(tmp_path)
    return invoke_in(tmp_path / "veritas.db")


@pytest.fixture
def nowhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Run the command line as another person, who has neither a log nor a key."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    return invoke_in(tmp_path_factory.mktemp("data") / "none" / "veritas.db")


@pytest.fixture
def bundle(exporter: Invoke, tmp_path: Path, nowhere: Invoke) -> Path:
    """Give a bundle that was signed with a key in a file."""
    key = tmp_path / "private.pem"
    key.write_text(PRIVATE_KEY)
    key.chmod(0o600)
    assert exporter("export", TEE, "-o", "x.veritas.zip", "--key", str(key)).status == 0
    return tmp_path / "x.veritas.zip"


def test_a_bundle_is_named_after_its_audit(exporter: Invoke, tmp_path: Path) -> None:
    outcome = exporter("export", TEE)
    assert (outcome.status, outcome.stdout) == (0, f"{TEE}.veritas.zip\n")
    assert outcome.stderr.startswith("Verified and exported 34 events of 1 run.")
    assert exporter("export", f"{FAILED}.1").stdout == f"{FAILED}.1.veritas.zip\n"
    assert sorted(path.name for path in tmp_path.glob("*.zip")) == [f"{TEE}.veritas.zip", f"{FAILED}.1.veritas.zip"]


def test_the_tables_of_all_audits_are_in_a_directory(exporter: Invoke, tmp_path: Path) -> None:
    outcome = exporter("export", "--format", "parquet")
    assert (outcome.status, outcome.stdout) == (0, "veritas-parquet\n")
    assert outcome.stderr == "Exported 3 runs, 44 events and 1 finding.\n"
    assert sorted(path.name for path in (tmp_path / "veritas-parquet").iterdir()) == ["events", "findings", "runs"]
    again = exporter("export", "--format", "parquet")
    message = "Error: 'veritas-parquet' already exists; give another name, or --force to replace it.\n"
    assert (again.status, again.stderr) == (2, message)
    assert exporter("export", "--format", "parquet", "--force").status == 0


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (
            ("--format", "parquet", TEE),
            f"--format parquet exports all audits, so leave out the audit {TEE!r}; see --since.",
        ),
        (
            ("--format", "parquet", "--key", "k"),
            "--format parquet exports all audits, so leave out --key; see --since.",
        ),
        ((), "A bundle needs an audit; name one that `veritas list` shows."),
        ((TEE, "--since", "2d"), "--since is for --format parquet; a bundle has one audit."),
    ],
)
def test_options_of_the_other_format_are_refused(exporter: Invoke, arguments: tuple[str, ...], error: str) -> None:
    outcome = exporter("export", *arguments)
    assert (outcome.status, outcome.stderr.splitlines()[-1]) == (2, f"Error: {error}")


def test_tables_without_pyarrow_are_refused_in_a_sentence(exporter: Invoke, tmp_path: Path) -> None:
    """Bundles are exported without it."""
    program = "import sys; sys.modules['pyarrow'] = None; from veritas.__main__ import main; main()"
    command = [sys.executable, "-c", program, "export", "--db", str(tmp_path / "veritas.db")]
    ran = subprocess.run([*command, "--format", "parquet"], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr.splitlines()[-1]) == (
        2,
        "Error: --format parquet needs pyarrow, which is not installed: pip install pyarrow.",
    )
    assert subprocess.run([*command, TEE], capture_output=True).returncode == 0


def test_a_file_is_replaced_only_with_force(exporter: Invoke, bundle: Path) -> None:
    before = bundle.read_bytes()
    outcome = exporter("export", TEE, "-o", "x.veritas.zip")
    assert (outcome.status, outcome.stderr) == (
        2,
        "Error: 'x.veritas.zip' already exists; give another name, or --force to replace it.\n",
    )
    assert exporter("export", TEE, "-o", "x.veritas.zip", "--force").status == 0
    assert bundle.read_bytes() == before


def test_a_bundle_is_verified_without_a_log_and_a_key(bundle: Path, nowhere: Invoke) -> None:
    outcome = nowhere("verify", str(bundle))
    assert outcome.status == 0
    assert f"Verified {str(bundle)!r}: 34 events, all as they were recorded." in outcome.stdout
    assert "is not a trusted key" in outcome.stdout
    result = nowhere("verify", str(bundle), "--format", "json").json
    assert (result["ok"], result["events"], result["fault"], result["key_known"], result["report_checked"]) == (
        *(True, 34, None, False, True),
    )
    assert result["runs"] == [
        {"run_id": f"{TEE}.1", "events": 34, "redacted": 0, "head": result["runs"][0]["head"]},
    ]


def test_a_bundle_must_be_signed_by_a_given_key(bundle: Path, nowhere: Invoke, tmp_path: Path) -> None:
    key = nowhere("verify", str(bundle), "--format", "json").json["key"]
    assert ", a trusted key." in nowhere("verify", str(bundle), "--trust", key).stdout
    (tmp_path / "keys").write_text(f"# theirs\n{key}\n")
    assert nowhere("verify", str(bundle), "--trust", str(tmp_path / "keys")).status == 0
    other = "veritas/log/x+aa6ab5a5+Ado2RwBxVm0gQHPGdhxnwGoZ7Zz4Q0gwYd3W0vjJQ0bD"
    assert nowhere("verify", str(bundle), "--trust", other).status == 2


def test_a_foreign_signature_is_reported(bundle: Path, nowhere: Invoke) -> None:
    """The rest of the bundle is still checked, its report included."""
    other = str(VerifierKey("veritas/log/x", SigningKey.generate().public_key))
    outcome = nowhere("verify", str(bundle), "--trust", other)
    assert outcome.status == 1
    assert outcome.stdout.startswith("Foreign signature: its checkpoint was signed by veritas/log/")
    assert outcome.stdout.endswith(f"Otherwise {str(bundle)!r} is as it was exported: 34 events.\n{HOW_TO_TRUST}\n")
    result = nowhere("verify", str(bundle), "--trust", other, "--format", "json").json
    assert (result["events"], result["key_known"], result["report_checked"]) == (34, False, True)
    refused = nowhere("import", str(bundle), "--trust", other)
    assert refused.status == 2 and "was signed by veritas/log/" in refused.stderr
    assert refused.stderr.endswith(
        "; get the public key from the person who recorded it, over another channel, and give it with --trust.\n"
    )


def test_a_kept_checkpoint_must_agree(exporter: Invoke, bundle: Path, nowhere: Invoke, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert exporter("checkpoint", "-o", str(kept), "--key", str(tmp_path / "private.pem")).status == 0
    assert "Checked against 1 kept checkpoint." in nowhere("verify", str(bundle), "--checkpoint", str(kept)).stdout
    lines = kept.read_text().split("\n")
    kept.write_text("\n".join([*lines[:2], "A" * 43 + "=", *lines[3:]]))
    outcome = nowhere("verify", str(bundle), "--checkpoint", str(kept))
    assert outcome.status == 1 and "rewritten" in outcome.stdout
    kept.write_text("\n".join([lines[0], "7", *lines[2:]]))
    assert nowhere("verify", str(bundle), "--checkpoint", str(kept)).status == 2


def test_a_changed_byte_is_found_and_its_position_named(bundle: Path, nowhere: Invoke) -> None:
    """The position is that of the changed event."""

    def edit(files: dict[str, bytes]) -> None:
        files["events.jsonl"] = files["events.jsonl"].replace(b"hung", b"hunk", 1)

    bundle.write_bytes(edited(bundle.read_bytes(), edit))
    outcome = nowhere("verify", str(bundle))
    assert outcome.status == 1
    assert f"position 16 of run {TEE}.1: changed: its body, or its salt, is not what was recorded" in outcome.stdout
    assert outcome.stdout.splitlines()[1] == "The 15 events before it are valid."
    fault = nowhere("verify", str(bundle), "--format", "json").json["fault"]
    assert (fault["position"], fault["run_id"], fault["what"]) == (16, f"{TEE}.1", "changed")


def test_the_events_before_a_changed_attachment_are_counted(bundle: Path, nowhere: Invoke) -> None:
    """The attachment belongs to an event in the middle."""

    def edit(files: dict[str, bytes]) -> None:
        name = next(name for name in files if name.startswith("artifacts/"))
        files[name] = files[name][:-1] + b"x"

    bundle.write_bytes(edited(bundle.read_bytes(), edit))
    result = nowhere("verify", str(bundle), "--format", "json").json
    assert result["events"] == result["fault"]["position"] - 1 < 33
    assert f"The {result['events']} events before it are valid." in nowhere("verify", str(bundle)).stdout


def test_a_changed_report_is_found_after_all_events(bundle: Path, nowhere: Invoke) -> None:
    def edit(files: dict[str, bytes]) -> None:
        files["report.html"] = files["report.html"].replace(b"<h1", b"<h1 ", 1)

    bundle.write_bytes(edited(bundle.read_bytes(), edit))
    outcome = nowhere("verify", str(bundle))
    assert outcome.status == 1 and outcome.stdout.splitlines()[1:] == ["34 events were checked before that."]


@pytest.mark.parametrize("at", [0, 10, 35, 3000, -1, -10, -100, -400, None])
def test_a_bundle_changed_anywhere_is_altered(bundle: Path, nowhere: Invoke, at: int | None) -> None:
    """In its header, files or directory, or cut off: the exit status is 1 (altered), not 2 (not a bundle)."""
    data = bytearray(bundle.read_bytes())
    if at is None:
        del data[len(data) // 2 :]
    else:
        data[at] ^= 1
    bundle.write_bytes(data)
    outcome = nowhere("verify", str(bundle))
    assert (outcome.status, outcome.stderr) == (1, "")
    assert " is not as it was exported: " in outcome.stdout or "is not as `veritas export` wrote it: " in outcome.stdout
    as_json = nowhere("verify", str(bundle), "--format", "json")
    assert (as_json.status, as_json.json["ok"], as_json.json["key_known"]) == (1, False, False)
    assert as_json.json["fault"]["what"] and as_json.json["fault"]["detail"]
    imported = nowhere("import", str(bundle))
    assert imported.status == 2 and imported.stderr.count("\n") == 1


def test_a_file_that_is_not_a_bundle_is_refused_in_one_sentence(bundle: Path, nowhere: Invoke, tmp_path: Path) -> None:
    for data in (b"", b"hello", b"PK\5\6" + bytes(18), b"PK\3\4" + bytes(100)):
        bundle.write_bytes(data)
        for command in ("verify", "import"):
            outcome = nowhere(command, str(bundle))
            assert outcome.status == 2
            assert outcome.stderr.startswith("Error: ") and outcome.stderr.count("\n") == 1
            assert "is not an evidence bundle" in outcome.stderr
    missing = nowhere("verify", str(tmp_path / "none.zip"))
    assert missing.status == 2 and "There is no file" in missing.stderr


def test_a_hostile_file_name_is_escaped(bundle: Path, nowhere: Invoke) -> None:
    bundle.write_bytes(bundle.read_bytes().replace(b"FORMAT.md", b"\x1b[2J\x1b[31m"))
    outcome = nowhere("verify", str(bundle))
    assert outcome.status == 1 and "\x1b" not in outcome.stdout + outcome.stderr


def test_a_damaged_log_is_not_exported(exporter: Invoke, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "veritas.db")) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE event SET step = 'forged' WHERE position = 17")
    outcome = exporter("export", TEE, "-o", "y.zip")
    assert outcome.status == 2 and "position 17: changed" in outcome.stderr
    assert not (tmp_path / "y.zip").exists()


def test_an_imported_audit_works_in_every_command(bundle: Path, nowhere: Invoke, tmp_path: Path) -> None:
    Path(os.environ["XDG_CONFIG_HOME"]).mkdir(exist_ok=True)
    other = invoke_in(tmp_path / "other.db")
    outcome = other("import", str(bundle))
    assert (outcome.status, outcome.stdout) == (0, f"{TEE}.1\n")
    assert outcome.stderr.splitlines()[0] == "Imported 34 events."  # and then that a key was made
    assert other("import", str(bundle)).stderr == "Imported 0 events; 34 events were in the log already.\n"
    assert other("verify").status == 0
    assert [row["audit"] if "audit" in row else row["audit_id"] for row in other("list").rows] == [TEE]
    assert other("show", TEE, "--json").json["trust_score"] == 44
    assert other("replay", TEE, "--no-wait", "--format", "jsonl").status == 0
    assert f"{TEE}.1 from veritas/log/" in other("events", "log").stdout
    assert other("export", TEE, "-o", str(tmp_path / "again.zip")).status == 0
    heads = [nowhere("verify", str(path), "--format", "json").json["runs"] for path in (bundle, tmp_path / "again.zip")]
    assert heads[0] == heads[1]


def test_importing_a_different_run_of_the_same_id_is_refused(bundle: Path, nowhere: Invoke, tmp_path: Path) -> None:
    """This log has recorded a run of the same id with other salts."""
    write_all(tmp_path / "other.db")
    outcome = invoke_in(tmp_path / "other.db")("import", str(bundle))
    assert outcome.status == 2 and "nothing was written" in outcome.stderr


def test_verifying_a_bundle_opens_no_database(bundle: Path, tmp_path: Path) -> None:
    """It creates no file in the user's directories."""
    home = tmp_path / "home"
    home.mkdir()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "VERITAS"))},
        "HOME": str(home),
    }
    done = subprocess.run(
        [sys.executable, "-m", "veritas", "verify", str(bundle)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert list(home.iterdir()) == []
