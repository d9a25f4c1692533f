"""The commands that record: their output, what they record in the log, and their exit status."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.invoking import invoke_in, run_process
from tests.processes import wait_until
from tests.proxies import forward_proxy
from tests.serving import PAGE, serving
from veritas.archive.archive import Archive

HONEST_LINE = '##PROGRESS:{"phase":"scout","step":"done","pct":25}'


SHOP = b"""<!doctype html><html lang=en><title>A shop</title><link rel=stylesheet href=/shop.css>
<form><label><input type=checkbox checked> Parcel insurance (+$3.99)</label></form>"""


@pytest.fixture(scope="module")
def shop():
    """The URL of a page with a stylesheet and a dark pattern."""
    with serving(lambda path: b"" if path == "/shop.css" else SHOP, "text/html") as url:
        yield f"{url}/"


@pytest.fixture
def database(tmp_path):
    return tmp_path / "log.db"


def veritas(database, *arguments, **environment):
    """Run a command in this process; the audit's own processes are real."""
    return invoke_in(database, **environment)(*arguments)


def listed(database):
    return invoke_in(database)("list", "--format", "json").json


def test_an_audit_prints_its_state_and_is_recorded(database, tmp_path):
    """The same JSON on stdout and in a file; over the queue, because of the variable; with its limits and tag."""
    limits = ("--timeout", "654", "--visit-timeout", "15", "--tag", "eu")
    env = os.environ | {"VERITAS_DB": str(database), "QUEUE_IPC_MODE": "queue"}
    with serving(lambda path: PAGE, "text/html") as url:
        done = run_process(url, "--tier", "quick_scan", "--json", *limits, "-o", str(tmp_path / "o"), env=env)
    assert done.returncode == 0, done.stderr
    state = json.loads(done.stdout)
    assert state == json.loads((tmp_path / "o").read_bytes())
    assert (state["status"], state["effective_mode"], state["mode_origin"]) == ("completed", "queue", "QUEUE_IPC_MODE")
    (row,) = listed(database)
    assert (row["audit_id"], row["trust_score"], row["tags"]) == (state["audit_id"], state["trust_score"], ["eu"])
    events = invoke_in(database)("events", state["audit_id"], "--format", "jsonl").stdout.splitlines()
    (start,) = (event["summary"] for event in map(json.loads, events) if event["step"] == "starting")
    assert (start["timeout"], start["visit_timeout"]) == (654, 15)
    sources = {json.loads(line)["source"] for line in events}
    assert sources == {"queue", "recorder"}
    assert invoke_in(database)("verify").status == 0


def test_a_failed_audit_reports_its_error(database, tmp_path):
    """The exit status is 1, the error is the last line of stderr, and the run is failed in the log.

    A file for the result is refused if it exists; with --force it keeps its content until the audit has ended.
    """
    (tmp_path / "o").write_text("mine")
    command = ("http://nothing.invalid/", "--tier", "quick_scan", "-o", str(tmp_path / "o"))
    done = veritas(database, *command)
    assert (done.status, done.stdout, (tmp_path / "o").read_text()) == (2, "", "mine")
    assert done.stderr.endswith("already exists; give another name, or --force to replace it.\n")
    assert listed(database) == []
    done = veritas(database, *command, "--force")
    assert done.status == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("Error: The host 'nothing.invalid' cannot be resolved")
    assert [row["status"] for row in listed(database)] == ["failed"]
    assert json.loads((tmp_path / "o").read_text())["status"] == "failed"
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("log.db")) == ["o"]


@pytest.fixture(scope="module")
def direct(shop, tmp_path_factory):
    """An audit without a proxy, and with two mode flags."""
    database = tmp_path_factory.mktemp("direct") / "log.db"
    return veritas(database, shop, "--tier", "quick_scan", "--use-stdout", "--use-queue-ipc", "--json")


def test_two_mode_flags_cause_a_warning(direct):
    """The audit uses the queue."""
    assert "--use-queue-ipc overrides --use-stdout" in direct.stderr
    assert json.loads(direct.stdout)["effective_mode"] == "queue"


def test_an_audit_through_a_proxy_has_the_same_findings(database, shop, direct):
    """The proxy is in the log and in `show`, its password is not, and neither are the proxy's variables used."""
    with forward_proxy(login="me:s3cret") as proxy:
        url = proxy.url.replace("//", "//me:s3cret@")
        done = veritas(
            database,
            shop,
            "--tier",
            "quick_scan",
            "--proxy",
            url,
            NO_PROXY="x.test",
            HTTP_PROXY="http://p.test",
        )
    assert done.status == 0, done.stderr
    assert f"{proxy.url} for http: and https:; directly: x.test" in " ".join(done.stdout.split())
    assert {f"GET {shop}", f"GET {shop}shop.css"} <= set(proxy.requests)
    state = invoke_in(database)("show", listed(database)[0]["audit_id"], "--json").json
    assert outcome(state) == outcome(json.loads(direct.stdout))
    assert "preselected_extra" in {finding["kind"] for finding in state["findings"]}
    (scout,) = (phase for phase in state["phases"] if phase["phase"] == "scout")
    assert [page["proxy"] for page in scout["summary"]["pages"]] == [proxy.url]
    assert b"s3cret" not in b"".join(file.read_bytes() for file in database.parent.glob("log.db*"))


def outcome(state):
    """Return the score and the findings of a state, without what differs between two runs."""
    findings = [(finding["kind"], finding["severity"], finding["url"]) for finding in state["findings"]]
    return state["trust_score"], sorted(findings)


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (["example.com"], {}, ["no scheme", "https://example.com"]),
        (["file:///etc/passwd"], {}, ["file:"]),
        (["http://127.0.0.1:9/", "--tier", "foo"], {}, ["'foo'", "quick_scan"]),
        (["http://127.0.0.1:9/"], {"QUEUE_IPC_ROLLOUT": "25"}, ["for 25% set 0.25"]),
        (["http://127.0.0.1:9/", "--proxy", "ftp://p"], {}, ["--proxy", "'ftp://p'", "http://HOST:PORT"]),
        (["http://127.0.0.1:9/"], {"https_proxy": "p:x"}, ["HTTPS_PROXY", "'p:x'"]),
        (["http://127.0.0.1:9/"], {"QUEUE_IPC_MODE": "foo"}, ["'foo'"]),
        (["http://127.0.0.1:9/", "--output", "/nonexistent/o"], {}, ["no directory '/nonexistent' for --output"]),
        (["record", "--", "nosuchprogram"], {}, ["'nosuchprogram' cannot be started"]),
        (["ingest", "nosuchfile"], {}, ["nosuchfile"]),
        (["browser", "path", "--browser", "/nonexistent"], {}, ["/nonexistent"]),
    ],
)
def test_invalid_input_is_refused_in_one_sentence(database, monkeypatch, arguments, environment, words):
    """The exit status is 2, and stdout is empty."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    done = invoke_in(database)(*arguments)
    assert done.status == 2
    assert done.stdout == ""
    assert all(word in done.stderr.splitlines()[-1] for word in words), done.stderr


def test_a_program_is_recorded_with_its_exit_status(database):
    """Its events, other output, garbage and stderr are recorded; its failure is the run's failure."""
    script = f"echo '{HONEST_LINE}'; printf '##PROGRESS:\\377\\n'; echo noise >&2; exit 3"
    done = veritas(database, "record", "--json", "--", "sh", "-c", script)
    assert done.status == 1
    state = json.loads(done.stdout)
    assert (state["emitted"], state["rejected"], state["exit"]["exit_code"]) == (1, 1, 3)
    assert state["captured"] == {"stderr": 6}


def test_a_program_that_fails_shows_the_last_lines_of_its_stderr(database):
    """At the end and later in `show`, whose JSON has them too; and that it emitted no event is reported."""
    script = "import sys; sys.stderr.write('first\\n' * 200 + 'disk \x1b[31mfull\\n'); sys.exit(3)"
    done = veritas(database, "record", "--use-stdout", "--", sys.executable, "-c", script)
    assert done.status == 1
    assert r"Last lines of stderr" in done.stdout and r"disk \x1b[31mfull" in done.stdout
    assert done.stdout.count("first") < 20
    assert "The program emitted no event; an event is a line with ##PROGRESS: and a JSON object.\n" in done.stderr
    (row,), invoke = listed(database), invoke_in(database)
    assert r"disk \x1b[31mfull" in invoke("show", row["run_id"]).stdout
    assert invoke("show", row["run_id"], "--json").json["stderr_tail"].endswith("full\n")


def test_a_queue_that_was_asked_for_and_not_used_is_reported(database):
    """The program only prints; without a flag, no one expects that it uses the queue."""
    for flags, reported in ((["--use-queue-ipc"], True), ([], False)):
        done = veritas(database, "record", *flags, "--", "echo", HONEST_LINE)
        assert done.status == 0
        assert ("Warning: No event came over the queue, which --use-queue-ipc selected" in done.stderr) == reported


def test_a_recorded_program_is_offered_the_queue(database):
    """Except with --use-stdout."""
    program = (
        "from veritas.core.ipc import deserialize_queue_from_env as find\n"
        "from veritas.events.progress import ProgressEvent\n"
        "queue = find()\n"
        "print('none' if queue is None else 'found')\n"
        "queue and [queue.put(ProgressEvent(phase='scout', step=str(n), seq=n)) for n in range(1, 51)]\n"
        "queue and queue.put({'phase': 'scout', 'step': 'plain'})\n"
    )
    command = ("--json", "--", sys.executable, "-c", program)
    over_queue = json.loads(veritas(database, "record", *command).stdout)
    assert (over_queue["emitted"], over_queue["effective_mode"]) == (51, "queue")
    without = json.loads(veritas(database, "record", "--use-stdout", *command).stdout)
    assert (without["emitted"], without["captured"]) == (0, {"stdout": len("none\n")})


DOCUMENTED = Path(__file__).parents[2] / "veritas/docs/record.md"


@pytest.mark.parametrize("flag", ["--use-queue-ipc", "--use-stdout", "--validate-ipc", "--rollout=queue-ipc"])
def test_the_documented_program_is_recorded_in_every_mode(database, tmp_path, flag):
    """It puts its event into the queue, or prints it if no queue is offered."""
    code = DOCUMENTED.read_text(encoding="utf-8").partition("```python file=queueing.py\n")[2].partition("```")[0]
    program = tmp_path / "queueing.py"
    program.write_text(code, encoding="utf-8")
    state = json.loads(veritas(database, "record", "--json", flag, "--", sys.executable, str(program)).stdout)
    assert (state["status"], state["emitted"], state["phase"], state["pct"]) == ("completed", 1, "scout", 10)


@pytest.mark.parametrize("mode", ["queue", "stdout"])
def test_a_rollout_decides_a_recorded_program_that_names_it(database, monkeypatch, mode):
    """By the program's audit id, and only with --rollout; the decision is recorded as that of an audit."""
    monkeypatch.setenv("QUEUE_IPC_ROLLOUT", "1.0" if mode == "queue" else "0.0")
    program = ("--", sys.executable, "-c", "pass")
    state = json.loads(veritas(database, "record", "--json", "--rollout", "queue-ipc", *program).stdout)
    assert (state["configured_mode"], state["mode_reason"], state["mode_origin"]) == (mode, "SPLIT", "queue-ipc")
    state = json.loads(veritas(database, "record", "--json", *program).stdout)
    assert (state["configured_mode"], state["mode_reason"], state["mode_origin"]) == ("queue", "STATIC", "record")
    state = json.loads(veritas(database, "record", "--json", "--use-stdout", "--rollout", "queue-ipc", *program).stdout)
    assert (state["configured_mode"], state["mode_reason"]) == ("stdout", "STATIC")
    unknown = veritas(database, "record", "--rollout", "nosuch", *program)
    assert (unknown.status, unknown.stdout) == (2, "")
    assert "There is no rollout 'nosuch'" in unknown.stderr


FAULTY = (sys.executable, "-m", "tests.diff.faulty_tee", "queue")


def test_the_exit_status_of_a_tee_is_whether_the_transports_are_equal(database):
    """Every difference is in the log."""
    equal = veritas(database, "record", "--validate-ipc", "--", *FAULTY, "none", "10")
    assert equal.status == 0, equal.stderr
    assert "transports\tequal, byte for byte: 10 events over stdout, 10 events over queue" in equal.stdout
    different = veritas(database, "record", "--validate-by", "tee", "--", *FAULTY, "mangle", "11")
    assert different.status == 1
    assert different.stderr.splitlines()[-1] == "Error: The queue and stdout differ in 2 places."
    run = listed(database)[0]["run_id"]
    events = invoke_in(database)("events", run, "--type", "difference_found").stdout
    assert 'scout/page 10 detail: "Größe 10" -> "Gr??e 10"' in events
    assert invoke_in(database)("verify").status == 0


def test_a_rerun_compares_runs_over_both_transports(database):
    """Three runs of one audit are recorded; the last has the result and the ids of the others."""
    program = (
        "from veritas.core.ipc import deserialize_queue_from_env as find; import random, json; queue = find();"
        "event = {'phase': 'scout', 'step': 'x', 'seq': 1, 'summary': {'price': random.random()}};"
        "queue.put(event) if queue else print('##PROGRESS:' + json.dumps(event))"
    )
    done = veritas(database, "record", "--validate-by", "rerun", "--json", "--", sys.executable, "-c", program)
    assert done.status == 0, done.stderr
    state = json.loads(done.stdout)
    runs = [f"{state['audit_id']}.{number}" for number in (1, 2, 3)]
    assert (state["run_id"], state["comparison"]["runs"]) == (runs[2], runs)
    assert state["comparison"]["noise"] == {"scout/x summary.price": 1}
    assert [row["run_id"] for row in listed(database)] == runs[::-1]
    assert f"Run {runs[1]}, over stdout" in done.stderr.splitlines()
    shown = invoke_in(database)("show", state["audit_id"]).stdout
    assert f"compared\t{' '.join(runs)}" in shown
    assert "noise\t1 difference: scout/x summary.price (1)" in shown


def test_a_rerun_stops_if_the_program_fails(database):
    done = veritas(database, "record", "--validate-by", "rerun", "--", "sh", "-c", "exit 3")
    assert done.status == 1
    assert [line for line in done.stderr.splitlines() if line.startswith("Error: ")] == [
        "Error: The child process ended with exit status 3.",
        f"Error: The queue and stdout cannot be compared: run '{listed(database)[0]['run_id']}', over stdout, failed.",
    ]
    assert len(listed(database)) == 1


def test_a_captured_log_is_ingested_from_standard_input(database, tmp_path):
    """The name `-` means standard input."""
    env = os.environ | {"VERITAS_DB": str(database)}
    done = subprocess.run(
        [sys.executable, "-m", "veritas", "ingest", "-", "--json"],
        input=f"{HONEST_LINE}\n".encode(),
        capture_output=True,
        env=env,
        check=True,
    )
    assert json.loads(done.stdout)["emitted"] == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_run_in_the_log(database, number):
    """The exit status is 130, and everything received before is in the log."""
    env = os.environ | {"VERITAS_DB": str(database)}
    script = f"echo '{HONEST_LINE}'; exec sleep 60"
    command = [sys.executable, "-m", "veritas", "record", "--", "sh", "-c", script]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        wait_until(lambda: _recorded(database) == 1)
        running.send_signal(number)
        assert running.wait(60) == 130
    (row,) = listed(database)
    assert row["status"] == "interrupted"


def test_a_signal_that_is_ignored_at_the_start_remains_ignored(database, tmp_path):
    """`nohup` protects a run from SIGHUP, and a script that starts it in the background protects it from SIGINT."""

    def ignore():
        for number in (signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)

    env = os.environ | {"VERITAS_DB": str(database)}
    end = tmp_path / "end"
    os.mkfifo(end)
    script = f"echo '{HONEST_LINE}'; read line < {end}"
    command = [sys.executable, "-m", "veritas", "record", "--", "sh", "-c", script]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=ignore) as run:
        wait_until(lambda: _recorded(database) == 1)
        for number in (signal.SIGHUP, signal.SIGINT):
            run.send_signal(number)
        end.write_text("\n")
        assert run.wait(60) == 0
    assert [row["status"] for row in listed(database)] == ["completed"]


def _recorded(database: Path) -> int:
    if not database.exists():
        return 0
    with Archive.open(database) as archive:
        return sum(recorded.source != "recorder" for recorded in archive.events())
