"""Each check of the doctor reports what is wrong, with its remedy."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from store.proofs.signed_note import SigningKey, VerifierKey
from veritas.archive.archive import Archive
from veritas.audit.browser.finder import find_browser
from veritas.channels.queue_server import QueueManager
from veritas.cli.doctor.checks import OK, WARNING, WRONG, Check, run_checks
from veritas.config import Settings
from veritas.rollout.ledger import Ledger
from veritas.rollout.plan import Plan

CHECKS = [
    *(
        "version",
        "configuration",
        "sqlite",
        "disk space",
        "database",
        "time",
        "key",
        "trusted keys",
        "browser",
        "sandbox",
    ),
    *("mode", "queue", "temporary files"),
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


def look(place: Path, last: str = CHECKS[-1], **settings: str) -> dict[str, Check]:
    """Return the checks by name, up to the one that is named *last*; those after it are not made."""
    if "key" not in settings and not place.with_name("own.key").exists():
        place.with_name("own.key").write_bytes(SigningKey.generate().to_pem())
        place.with_name("own.key").chmod(0o600)
    # Another program answers sooner than a browser.
    given = {"key": str(place.with_name("own.key")), "browser": sys.executable} | settings
    checks = {}
    for check in run_checks(place, Settings(**given)):
        checks[check.name] = check
        if check.name == last:
            break
    return checks


def a_program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_every_check_is_made(place: Path) -> None:
    """If nothing is recorded yet, nothing is wrong."""
    checks = look(place, browser=str(find_browser()))
    assert list(checks) == CHECKS
    assert {check.result for check in checks.values()} <= {OK, WARNING}
    assert not place.exists()


def test_a_missing_browser_is_reported(place: Path) -> None:
    check = look(place, "browser", browser="/no/such/browser")["browser"]
    assert (check.result == WRONG and check.remedy is None) or "give its path" in str(check)


def test_the_browsers_version_is_reported(place: Path, tmp_path: Path) -> None:
    browser = a_program(tmp_path / "browser", "echo Chromium 1.2.3; echo more")
    assert look(place, "browser", browser=str(browser))["browser"].finding == f"Chromium 1.2.3 at {str(browser)!r}"
    silent = a_program(tmp_path / "silent", "exit 1")
    assert look(place, "browser", browser=str(silent))["browser"].finding == f"a browser at {str(silent)!r}"


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
@pytest.mark.parametrize(
    ("file", "directory", "result", "expected"),
    [
        (0o600, 0o700, OK, "only its owner can use it"),
        (0o400, 0o755, OK, "only its owner can use it"),
        (0o640, 0o700, WRONG, "can be read by other users"),
        (0o604, 0o700, WRONG, "can be read by other users"),
        (0o600, 0o770, WRONG, "other users can replace the signing key"),
    ],
)
def test_a_signing_key_that_others_can_use_is_wrong(
    place: Path, tmp_path: Path, file: int, directory: int, result: str, expected: str
) -> None:
    key = tmp_path / "keys" / "checkpoint.key"
    key.parent.mkdir()
    key.write_bytes(SigningKey.generate().to_pem())
    key.chmod(file)
    key.parent.chmod(directory)
    check = look(place, "key", key=str(key))["key"]
    assert check.result == result and expected in check.finding
    assert (check.remedy is not None) == (result == WRONG)


@pytest.mark.parametrize(
    ("make", "expected", "remedy"),
    [
        (lambda key: key.write_text("not a key"), "it is not an Ed25519 key in PEM", "name another with VERITAS_KEY"),
        (lambda key: key.mkdir(), "Is a directory", "name another with VERITAS_KEY"),
    ],
)
def test_an_unusable_signing_key_is_wrong(
    place: Path, tmp_path: Path, make: Callable[[Path], object], expected: str, remedy: str
) -> None:
    """Runs would be recorded but not signed."""
    key = tmp_path / "checkpoint.key"
    make(key)
    key.chmod(0o700 if key.is_dir() else 0o600)
    check = look(place, "key", key=str(key))["key"]
    assert check.result == WRONG and expected in check.finding and remedy in str(check.remedy)


def test_a_missing_key_given_by_name_is_wrong(place: Path, tmp_path: Path) -> None:
    """Unlike the user's own key, it is not created."""
    check = look(place, "key", key=str(tmp_path / "none"))["key"]
    assert check.result == WRONG and "does not exist" in check.finding and "openssl" in str(check.remedy)


def test_an_unreadable_list_of_trusted_keys_is_wrong(place: Path, tmp_path: Path) -> None:
    listed = tmp_path / "trusted_keys"
    listed.write_text(f"# a colleague's\n{VerifierKey('a/log', bytes(32))}\n")
    assert "1 public key" in look(place, "trusted keys")["trusted keys"].finding
    listed.write_bytes(b"PK\x03\x04\xff")
    check = look(place, "trusted keys")["trusted keys"]
    assert check.result == WRONG and repr(str(listed)) in check.finding and check.remedy is not None
    assert "Unicode" not in str(check)


def test_the_share_in_force_is_that_of_the_log(place: Path) -> None:
    with Archive.open(place) as archive:
        ledger = Ledger(archive)
        ledger.start(Plan.parse("25,100"), by="jane", reason="ready")
        stage = "25% of the audits use the queue, by the stage '25%' of the rollout 'queue-ipc'"
        assert look(place, "mode")["mode"].finding == stage
        ledger.rollback(by="jane", reason="lost one")
        rolled_back = "0% of the audits use the queue, by the rollback of 'queue-ipc'"
        assert look(place, "mode")["mode"].finding == rolled_back
        ledger.start(Plan.parse("5"), name="deep", tier="deep_forensic", by="jane", reason="ready")
    assert look(place, "mode")["mode"].finding == f"{rolled_back}, 5% of those of tier deep_forensic"
    assert look(place, "mode", rollout="0.5")["mode"].finding == "50% of the audits use the queue, by QUEUE_IPC_ROLLOUT"


@pytest.mark.parametrize(
    ("settings", "result", "expected"),
    [
        ({}, OK, "10% of the audits use the queue"),
        ({"rollout": "0.5"}, OK, "50% of the audits use the queue"),
        ({"ipc_mode": "stdout"}, OK, "stdout"),
        ({"rollout": "25"}, WRONG, "QUEUE_IPC_ROLLOUT"),
        ({"ipc_mode": "foo"}, WRONG, "QUEUE_IPC_MODE"),
    ],
)
def test_the_mode_of_audits_is_reported(place: Path, settings: dict[str, str], result: str, expected: str) -> None:
    check = look(place, "mode", **settings)["mode"]
    assert check.result == result and expected in check.finding
    assert (check.remedy is not None) == (result == WRONG)


def test_a_clock_not_known_to_be_synchronised_is_a_warning(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    for output, result in (("no", WARNING), ("yes", OK)):
        a_program(tmp_path / "timedatectl", f"echo {output}")
        assert look(place, "time")["time"].result == result
    a_program(tmp_path / "timedatectl", "echo Failed to connect to bus >&2; exit 1")
    assert look(place, "time")["time"].result == WARNING


def test_a_queue_that_cannot_be_created_is_a_warning(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Audits then use stdout."""

    def fail(self: QueueManager, maxsize: int) -> None:
        raise OSError("no processes left")

    monkeypatch.setattr(QueueManager, "serve", fail)
    check = look(place, "queue")["queue"]
    assert check.result == WARNING and "no processes left" in check.finding
    assert check.finding.endswith("so audits use stdout")


def test_a_temporary_directory_with_a_long_path_is_replaced(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 60)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    assert "is too long for a browser's socket" in look(place, "temporary files")["temporary files"].finding
    monkeypatch.setattr(tempfile, "tempdir", "/no/such")
    assert look(place, "temporary files")["temporary files"].result == WRONG
