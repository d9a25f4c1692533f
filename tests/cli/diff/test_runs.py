"""`veritas diff` compares two recordings as text, JSON and HTML, and lists the differences that it does not count."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import FAILED, HOSTILE, RUNNING, TEE, write_all
from tests.cli.terminal import run_in_terminal
from tests.diff.logs import DOT, ONE, OTHER, SAME, TEXT, audit, other, write_log
from tests.projections.recordings import Recording


@pytest.fixture(scope="module")
def differ(tmp_path_factory: pytest.TempPathFactory) -> Invoke:
    """Run the command line on a log with two equal audits and a different one; the tests only read it."""
    runs = audit(ONE), audit(SAME, later=500, port=81), other()
    return invoke_in(write_log(tmp_path_factory.mktemp("diff") / "log.db", *runs))


def test_equal_recordings_are_reported_with_the_differences_not_counted(differ: Invoke) -> None:
    outcome = differ("diff", "vrts_1", "vrts_2", "--events")
    assert outcome.status == 0
    assert "\nequal\n" in outcome.stdout
    assert "viewport of http://127.0.0.1:80/: the same, byte for byte\n" in outcome.stdout
    assert "\ntimings\t6\tscout/screenshot timestamp\n" in outcome.stdout
    assert "ports of this machine\t" in outcome.stdout
    assert outcome.stderr == "\n--no-defaults counts these differences too.\n"


def test_differences_are_listed_by_category_and_event(differ: Invoke) -> None:
    """One line a field; the changed lines of a long text; and once what a later event repeats."""
    outcome = differ("diff", "vrts_1", "vrts_3", "--events")
    assert outcome.status == 1
    verdict, content = outcome.stdout.index("\nVerdict (2)\n"), outcome.stdout.index("\nContent (3)\n")
    assert "\n5 differences: 2 verdict, 3 content\n" in outcome.stdout[:verdict]
    assert "\njudge/done summary.trust_score: 44 -> 47 (again in complete/done)\n" in outcome.stdout[verdict:content]
    assert (
        "@@ event 3: http://127.0.0.1:*/ @@\n"
        "scout/page_loaded summary.text: (again in scout/done)\n"
        "- Line 30 of a long page about kettles.\n"
        "+ Line thirty of a long page about kettles.\n"
        "@@ event 5 in A: Countdown restarts #timer @@\n"
        "vision/finding: only in A\n"
    ) in outcome.stdout[content:]
    assert "scout: viewport of http://127.0.0.1:80/: 2.0% of the pixels differ, at 20,30 40x10\n" in outcome.stdout
    assert "Line 3 " not in outcome.stdout


def test_what_people_ask_comes_first(differ: Invoke) -> None:
    """Findings, security, third parties and pictures; then one line a field; and what did not count, in a sentence."""
    output = differ("diff", "vrts_1", "vrts_3").stdout
    unknown = "unknown: not in both recordings"
    answers = (
        "\n5 differences: 2 verdict, 3 content\nfindings\t0 new, 0 gone, 0 unchanged, 1 not compared\n"
        f"security\t{unknown}\nthird parties\t{unknown}\npictures\t1 of 1 pair differ\n\n"
    )
    assert answers in output
    assert "\nverdict\t2\tjudge/done summary.trust_score\t44 -> 47\n" in output
    assert re.search(r"\nNot counted: .*timings \(\d+\); --events shows examples\.\n", output)
    assert "--ignore 'text' (" in differ("diff", "vrts_1", "vrts_3", "--ignore", "text").stdout
    assert "@@" not in output and "Phases" not in output and len(output.splitlines()) < 40
    summary = differ("diff", "vrts_1", "vrts_3", "--format", "json").json["summary"]
    assert {word: len(found) for word, found in summary["findings"].items() if found} == {"not_compared": 1}


def test_numbers_in_page_texts_do_not_count_but_prices_do(tmp_path: Path) -> None:
    """A countdown and a counter differ between any two audits of an unchanged shop."""
    texts = (
        "Ends in 14:33:53, 37 people look, £9.99",
        "Ends in 9:02, 5 people look, £9.99",
        "Ends in 9:02, 5 people look, £8.99",
    )
    runs = [audit(f"vrts_{number}", text=text) for number, text in enumerate(texts)]
    differ = invoke_in(write_log(tmp_path / "log.db", *runs))
    equal = differ("diff", "vrts_0", "vrts_1")
    assert equal.status == 0 and "numbers in page texts (2)" in equal.stdout
    assert differ("diff", "vrts_0", "vrts_1", "--no-defaults", "--only", "text").status == 1
    assert differ("diff", "vrts_1", "vrts_2").status == 1


@pytest.mark.parametrize(
    ("before", "after"), [("It offers TLS 1.0.", "It offers TLS 1.3."), ("Status 200.", "Status 404.")]
)
def test_numbers_in_what_the_security_phase_says_count(tmp_path: Path, before: str, after: str) -> None:
    """They are versions, statuses and ages, and not a page's words."""
    runs = []
    for audit_id, detail in ((ONE, before), (OTHER, after)):
        run = Recording(f"{audit_id}.1")
        run.child("security", "done", seq=1, summary={"checks": [{"name": "tls", "detail": detail}]})
        runs.append(run)
    outcome = invoke_in(write_log(tmp_path / "log.db", *runs))("diff", ONE, OTHER)
    assert outcome.status == 1 and f"{before} -> {after}" in outcome.stdout


def test_swapping_the_runs_swaps_the_sides(differ: Invoke) -> None:
    outcome = differ("diff", "vrts_3", "vrts_1", "--events")
    assert "judge/done summary.trust_score: 47 -> 44 (again in complete/done)\n" in outcome.stdout
    assert "vision/finding: only in B\n" in outcome.stdout


def test_the_runs_are_listed_first_and_their_phases_last(differ: Invoke) -> None:
    output = differ("diff", "vrts_1", "vrts_3", "--events").stdout
    assert output.startswith(f"\tA\tB\nrun\t{ONE}.1\t{OTHER}.1\nurl\thttp://127.0.0.1:80/\thttp://127.0.0.1:81/\n")
    assert "\nstatus\tcompleted in 20.0 s\tcompleted in 20.0 s\n" in output
    assert "\nverdict\tsuspicious, 44 of 100\tsuspicious, 47 of 100\n" in output
    assert "\nPhases\nphase\tA\tB\tB-A\nBrowser Reconnaissance\t3.0 s\t" in output


@pytest.mark.parametrize(
    ("options", "status", "expected"),
    [
        (["--ignore", "text", "--ignore", "trust_score", "--ignore", "vision/finding"], 0, "equal"),
        (["--tolerance", "trust_score=±3", "--only", "trust_score"], 0, "trust_score=±3\t2\tjudge/done"),
        (["--tolerance", "trust_score=±1%", "--only", "trust_score"], 1, "2 differences: 2 verdict"),
        (["--only", "judge/done"], 1, "1 difference: 1 verdict"),
        (["--only", "scout/screenshot", "--tolerance", "pixels=±1%"], 1, "1 difference: 1 content"),
        (["--only", "scout/screenshot", "--tolerance", "pixels=±3%"], 0, "pixels=±3%\t1\tscout/screenshot pixels"),
        (["--no-defaults", "--only", "timestamp"], 1, " timing"),
    ],
)
def test_rules_decide_which_differences_count(differ: Invoke, options: list[str], status: int, expected: str) -> None:
    outcome = differ("diff", "vrts_1", "vrts_3", "--events", *options)
    assert (outcome.status, expected in outcome.stdout) == (status, True)


def test_json_has_every_part_of_a_comparison(differ: Invoke) -> None:
    outcome = differ("diff", "vrts_1", "vrts_3", "--format", "json")
    assert outcome.status == 1
    result = outcome.json
    assert [result["equal"], result["categories"], result["unended"]] == [False, {"content": 3, "verdict": 2}, []]
    assert (result["a"]["run_id"], result["b"]["trust_score"]) == (f"{ONE}.1", 47)
    (text, *_) = [each for each in result["differences"] if each["path"] == "summary.text"]
    assert (text["event"], text["before"], text["after"].count("thirty")) == ("scout/page_loaded", TEXT, 1)
    assert result["screenshots"][0]["pixels"]["percent"] == 2.0
    assert [phase["phase"] for phase in result["phases"]] == ["scout", "vision", "judge", "complete"]
    assert result["hidden"]["timings"]["example"]
    assert result["rules"] == {"ignore": [], "only": [], "tolerances": [], "defaults": True}
    equal = differ("diff", "vrts_1", "vrts_1", "--format", "json")
    assert (equal.status, equal.json["differences"], equal.json["hidden"]) == (0, [], {})


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_a_file_has_the_same_content_as_stdout(differ: Invoke, tmp_path: Path, form: str) -> None:
    """It is written whole or not at all, and replaces another only with --force."""
    file = tmp_path / "output"
    printed = differ("diff", "vrts_1", "vrts_3", "--format", form)
    written = differ("diff", "vrts_1", "vrts_3", "--format", form, "-o", str(file))
    assert (written.status, written.stdout) == (1, "")
    assert file.read_text(encoding="utf-8") == printed.stdout
    again = differ("diff", "vrts_1", "vrts_2", "--format", form, "-o", str(file))
    assert again.status == 2 and "--force to replace it" in again.stderr
    assert file.read_text(encoding="utf-8") == printed.stdout
    assert differ("diff", "vrts_1", "vrts_2", "--format", form, "-o", str(file), "--force").status == 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("zzz", "vrts_1"), "No audit's id begins with 'zzz'"),
        (("vrts_1", "zzz"), "No audit's id begins with 'zzz'"),
        (("vrts_", "vrts_1"), "several audits begin with 'vrts_'"),
        (("vrts_1", "vrts_3", "--ignore", "a..b"), "Invalid pattern 'a..b'"),
        (("vrts_1", "vrts_3", "--only", "x y"), "Invalid pattern 'x y'"),
        (("vrts_1", "vrts_3", "--tolerance", "pixels"), "Invalid tolerance 'pixels'; write PATH=±N or PATH=±N%"),
        (("vrts_1",), "did not send its events over both transports; name a second run to compare it with"),
        (("vrts_1", "--ignore", "text"), "need two audits, because transports are compared byte for byte"),
        (("vrts_1", "--no-defaults"), "need two audits, because transports are compared byte for byte"),
        ((), "There is nothing to compare; give one or two audits, --all, or --site URL."),
        (("--all", "--site", "x"), "--all and --site contradict each other"),
        (("vrts_1", "--all"), "take neither runs nor rules"),
        (("vrts_1", "vrts_2", "--since", "2026-11-24"), "work only with --all"),
        (("vrts_1", "vrts_3", "vrts_2"), "unexpected extra argument"),
    ],
)
def test_an_invalid_request_is_one_sentence(differ: Invoke, arguments: tuple[str, ...], expected: str) -> None:
    outcome = differ("diff", *arguments)
    assert (outcome.status, outcome.stdout, outcome.stderr.count("\n")) == (2, "", 1)
    assert expected in outcome.stderr


def test_a_run_that_used_both_transports_is_compared_with_itself(invoke: Invoke) -> None:
    outcome = invoke("diff", TEE)
    assert (outcome.status, outcome.stderr) == (0, "")
    assert "stdout\t15 events\nqueue\t15 events\n\nequal, byte for byte\n" in outcome.stdout
    result = invoke("diff", TEE, "--format", "json").json
    assert (result["equal"], result["run"]["run_id"], result["counts"]) == (
        True,
        f"{TEE}.1",
        {"queue": 15, "stdout": 15},
    )
    assert "equal" in invoke("diff", TEE, "--format", "html").stdout
    assert invoke("diff", FAILED).status == 2


def test_a_running_audit_is_compared_by_its_events_so_far(invoke: Invoke) -> None:
    outcome = invoke("diff", TEE, RUNNING, "--events")
    assert outcome.status == 1
    assert f"Run '{RUNNING}.1' has not ended; the events that it has are compared.\n" in outcome.stderr
    assert "run/end status: completed -> running\n" in outcome.stdout


def test_hostile_text_cannot_act_on_a_terminal(tmp_path: Path) -> None:
    runs = []
    for audit_id, sign in ((ONE, "a"), (OTHER, "b")):
        run = Recording(f"{audit_id}.1")
        text = HOSTILE + sign
        run.child("scout", text, seq=1, detail=text)
        run.child("scout", "done", seq=2, summary={text: sign, "x": text, "long": HOSTILE * 50 + sign}, detail=text)
        run.child("scout", "shot", seq=3, type="screenshot", data=DOT, extra={"kind": text, "url": text})
        runs.append(run)
    write_log(tmp_path / "log.db", *runs)
    shown = run_in_terminal("-m", "veritas", "diff", ONE, OTHER, "--db", str(tmp_path / "log.db"), width=100)
    piped = invoke_in(tmp_path / "log.db")("diff", ONE, OTHER).stdout
    assert "pwned" in piped and "\x1b" not in piped and "\u202e" not in piped and "\r" not in piped
    assert "\x1b[2J" not in shown and "\u202e" not in shown


def test_a_redacted_event_is_reported_as_not_compared(tmp_path: Path) -> None:
    invoke = invoke_in(write_log(tmp_path / "log.db", audit(ONE), audit(SAME)))
    assert invoke("redact", ONE, "2", "--reason", "asked for", "--by", "jane", "--yes").status == 0
    outcome = invoke("diff", ONE, SAME)
    assert outcome.status == 0
    assert (
        "equal\n1 event could not be compared, because redaction removed the content from the log.\n" in outcome.stdout
    )
    assert "not compared: it was removed from the log" in outcome.stdout
    assert "could not be compared" in invoke("diff", ONE, SAME, "--format", "html").stdout


def test_redacted_transports_are_equal_if_their_other_events_are(tmp_path: Path) -> None:
    write_all(tmp_path / "log.db")
    invoke = invoke_in(tmp_path / "log.db")
    assert invoke("redact", TEE, "2", "--reason", "asked for", "--by", "jane", "--yes").status == 0
    outcome = invoke("diff", TEE)
    assert outcome.status == 0
    assert "equal where it can be compared; 1 event was redacted\n" in outcome.stdout
    page = invoke("diff", TEE, "--format", "html").stdout
    assert "equal where it can be compared; 1 event was redacted" in page
    assert "equal, byte for byte" not in outcome.stdout + page


def test_a_changed_screenshot_is_an_error(tmp_path: Path) -> None:
    database = write_log(tmp_path / "log.db", audit(ONE), other())
    with closing(sqlite3.connect(database)) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE artifact SET bytes = ?", (b"another",))
    outcome = invoke_in(database)("diff", ONE, OTHER)
    assert (outcome.status, outcome.stdout, outcome.stderr.count("\n")) == (2, "", 1)


def test_changed_events_are_compared_with_a_warning(tmp_path: Path) -> None:
    """The warning names the run."""
    database = write_log(tmp_path / "log.db", audit(ONE), audit(SAME))
    tamper(database, "UPDATE event SET body = X'FF' WHERE run_id = ? AND step = 'page_loaded'", f"{ONE}.1")
    outcome = invoke_in(database)("diff", ONE, SAME)
    assert outcome.status == 1
    assert "scout/page_loaded" in outcome.stdout
    assert outcome.stderr.count("Warning: The log is not as it was recorded") == 1 and ONE in outcome.stderr


def test_runs_are_not_equal_if_the_log_of_one_was_changed(tmp_path: Path) -> None:
    """Even if the changed column is not compared."""
    database = write_log(tmp_path / "log.db", audit(ONE), audit(SAME))
    tamper(database, "UPDATE event SET recorded_at = recorded_at + 0.5 WHERE run_id = ? AND seq = 2", f"{ONE}.1")
    for form in ("text", "json", "html"):
        outcome = invoke_in(database)("diff", ONE, SAME, "--format", form)
        assert outcome.status == 1
        assert outcome.stderr.count("Warning: The log is not as it was recorded") == 1
    assert invoke_in(database)("diff", SAME, SAME).status == 0


def test_transports_are_not_equal_if_the_log_was_changed(tmp_path: Path) -> None:
    write_all(tmp_path / "log.db")
    tamper(tmp_path / "log.db", "UPDATE event SET recorded_at = recorded_at + 0.5 WHERE run_id = ?", f"{TEE}.1")
    outcome = invoke_in(tmp_path / "log.db")("diff", TEE)
    assert (outcome.status, outcome.stderr.count("Warning: The log is not as it was recorded")) == (1, 1)


def tamper(database: Path, statement: str, run: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute(statement, (run,))


def test_html_is_not_written_to_a_terminal(tmp_path: Path) -> None:
    write_all(tmp_path / "log.db")
    page = ("diff", TEE, "--format", "html", "--db", str(tmp_path / "log.db"))
    shown = run_in_terminal("-m", "veritas", *page, width=100)
    assert "give -o FILE" in " ".join(shown.split()) and "<html" not in shown


def test_pillow_is_loaded_only_to_compare_pixels(tmp_path: Path) -> None:
    database = write_log(tmp_path / "log.db", audit(ONE), audit(SAME))
    run = "cli.main(sys.argv[1:], standalone_mode=False)"
    program = f"import sys; from veritas.cli import cli; {run}; print('PIL' in sys.modules)"
    command = [sys.executable, "-c", program, "diff", ONE, SAME, "--db", str(database)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_a_path_that_matches_nothing_is_reported(differ: Invoke) -> None:
    outcome = differ("diff", "vrts_1", "vrts_3", "--only", "nosuchfield")
    assert (outcome.status, outcome.stdout) == (2, "")
    assert "The path 'nosuchfield' matches nothing in either run; " in outcome.stderr
    assert (
        "matches nothing"
        not in differ("diff", "vrts_1", "vrts_3", "--ignore", "detail", "--tolerance", "pixels=1%").stderr
    )
