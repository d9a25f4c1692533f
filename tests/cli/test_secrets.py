"""No secret of an audit is in anything that VERITAS writes, shows or starts: planted ones are searched everywhere."""

from __future__ import annotations

import io
import os
import re
import sqlite3
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest
import zstandard

from tests.cli.invoking import invoke_in
from tests.processes import descendants
from tests.proxies import forward_proxy
from veritas.secrets.spellings import base64_parts

_PLACES = [
    *("request token", "request fragment", "redirect token", "redirect cookie", "response cookie", "script cookie"),
    *("response header", "report URI", "link parameter", "link login", "nested URL", "form action", "console URL"),
    *("console token", "thrown login", "thrown key", "script URL", "image URL", "meta refresh", "canonical", "frame"),
    *("given header", "given cookie", "given password", "proxy password"),
]

# Each value is planted in one place. `Zq` begins none of our words.
PLANTED = {name: f"Zq{number}x{'abcdefgh'[number % 8] * 3}{number * 7919}Qz" for number, name in enumerate(_PLACES)}
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJacTk5In0.Zq99xsignatureQz"
FORMATS = ("markers", "client", "jsonl", "cloudevents", "cast", "otlp", "har")

_MASK = re.compile(rb"\[secret:([\w.-]+):[0-9a-f]{8}\]")
_ZSTANDARD = b"\x28\xb5\x2f\xfd"  # what every frame begins with (RFC 8878)
_MARK = re.compile(rb"Zq\d+x\w*")
_BASE64 = re.compile(b"|".join(re.escape(part.encode()) for value in PLANTED.values() for part in base64_parts(value)))


def _page() -> str:
    value = PLANTED
    return f"""<!doctype html><html lang=en><head><title>Shop {value["response cookie"]}</title>
<link rel=canonical href="/page?auth={value["canonical"]}">
<script src="/a.js?apikey={value["script URL"]}"></script></head><body>
<h1>A shop</h1><p>{"We sell bread and cheese from farms nearby. " * 40}</p>
<p>Your session is {value["response cookie"]}, you gave {value["given cookie"]} and {value["given password"]}.</p>
<a href="/reset?a=1&amp;password={value["link parameter"]}">Reset</a>
<a href="https://me:{value["link login"]}@h.test/">H</a>
<a href="/go?url=https%3A%2F%2Fx.test%2F%3Fapi_key%3D{value["nested URL"]}%26b%3D1">Next</a>
<form action="/send?sid={value["form action"]}" method=post><label>Name <input name=n></label>
<button>Send</button></form>
<img src="/i.png?sig={value["image URL"]}" alt=""> <iframe src="/frame?jwt={value["frame"]}" title=f></iframe>
<script>
document.cookie = "js_session={value["script cookie"]}; path=/";
console.error("refused: https://api.test/?access_token={value["console URL"]}");
console.error('{{"refresh_token":"{value["console token"]}"}} ' + document.cookie + " {JWT}");
setTimeout(() => {{ throw new Error("at https://me:{value["thrown login"]}@h.test/ with " +
  "-----BEGIN PRIVATE KEY-----{value["thrown key"]}-----END PRIVATE KEY-----") }});
</script></body></html>"""


class _Handler(BaseHTTPRequestHandler):
    seen: list[tuple[str, str]]  # of each request: what it logged in with

    def do_GET(self) -> None:
        self.seen.append((self.headers.get("X-Api-Key", ""), self.headers.get("Cookie", "")))
        body = b""
        if self.path.startswith("/go"):
            self.send_response(302)
            to = f"/page?x=1&token={PLANTED['redirect token']}#access_token={PLANTED['request fragment']}"
            self.send_header("Location", to)
            self.send_header("Set-Cookie", f"first_sid={PLANTED['redirect cookie']}; Path=/")
        elif self.path.startswith("/page"):
            body = _page().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Set-Cookie", f"sid={PLANTED['response cookie']}; Path=/; HttpOnly")
            self.send_header("X-Auth-Token", PLANTED["response header"])
            self.send_header("Refresh", f"9999; url=/page?ticket={PLANTED['meta refresh']}")
            report = f"default-src 'self' 'unsafe-inline'; report-uri /csp?key={PLANTED['report URI']}"
            self.send_header("Content-Security-Policy-Report-Only", report)
        else:
            self.send_response(404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        return


@contextmanager
def _serving() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    handler = type("Handler", (_Handler,), {"seen": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", handler.seen
        server.shutdown()


def _found_in(name: str, data: bytes) -> set[str]:
    found = {match.decode() for match in (*_MARK.findall(data), *_BASE64.findall(data))}
    return {f"{text} in {name}" for text in found | ({"JWT"} if JWT.encode() in data else set())}


def _found_in_processes(pid: int) -> set[str]:
    """Return the secrets in the command lines and environments of a process and its descendants."""
    found: set[str] = set()
    for each in (pid, *(process.pid for process in descendants(pid))):
        for part in ("cmdline", "environ"):
            try:
                data = Path(f"/proc/{each}/{part}").read_bytes()
            except OSError:  # it has ended
                continue
            found |= _found_in(f"{part} of {data[:40]!r}", data)
    return found


def _found_in_files(directory: Path) -> set[str]:
    found: set[str] = set()
    for file in (path for path in directory.rglob("*") if path.is_file()):
        data = file.read_bytes()
        found |= _found_in(file.name, data)
        if file.suffix == ".zip":
            with zipfile.ZipFile(io.BytesIO(data)) as members:
                for member in members.namelist():
                    found |= _found_in(f"{member} of {file.name}", members.read(member))
    return found


def _stored(connection: sqlite3.Connection | psycopg.Connection) -> list[bytes]:
    """Return every body and every artifact of a log, decompressed.

    A compressed one hides its secrets from a search of the database's file. The test decodes them by itself, so that it
    depends on nothing that the product does with them.
    """
    bodies = connection.execute("SELECT body FROM event WHERE body IS NOT NULL").fetchall()
    artifacts = connection.execute("SELECT bytes FROM artifact WHERE bytes IS NOT NULL").fetchall()
    stored = [bytes(data) for (data,) in (*bodies, *artifacts)]
    assert any(data.startswith(_ZSTANDARD) for data in stored), "the page's snapshot is compressed"
    return [zstandard.decompress(data) if data.startswith(_ZSTANDARD) else data for data in stored]


def _audit(directory: Path, database: str, *options: str, **variables: str) -> tuple[bytes, set[str]]:
    """Audit the page with all that can be given, and return the output and what was found while it ran."""
    with _serving() as (url, seen), forward_proxy(login=f"me:{PLANTED['proxy password']}") as proxy:
        (directory / "basic").write_text(f"me:{PLANTED['given password']}")
        address = proxy.url.replace("//", f"//me:{PLANTED['proxy password']}@")
        command = [
            *(sys.executable, "-m", "veritas", f"{url}/go?token={PLANTED['request token']}", "--proxy", address),
            *(
                "--header",
                "env:GIVEN_HEADER",
                "--cookie",
                "env:GIVEN_COOKIE",
                "--basic-auth",
                f"@{directory / 'basic'}",
            ),
            *options,
        ]
        given = {
            "GIVEN_HEADER": f"X-Api-Key: {PLANTED['given header']}",
            "GIVEN_COOKIE": f"login={PLANTED['given cookie']}",
            "TMPDIR": str(directory),
            "VERITAS_DB": database,
        }
        found: set[str] = set()
        with subprocess.Popen(
            command, env=os.environ | given | variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            while process.poll() is None:
                if descendants(process.pid):  # before, it has not started anything, and reads its own command line
                    found |= _found_in_processes(process.pid)
                try:
                    process.wait(0.1)
                except subprocess.TimeoutExpired:
                    continue
            assert process.stdout is not None
            output = process.stdout.read()
    assert process.returncode in (0, 1), output.decode()
    assert (PLANTED["given header"], f"login={PLANTED['given cookie']}") in [
        (header, cookie.partition(";")[0]) for header, cookie in seen
    ], "the login was used"
    (directory / "basic").unlink()
    return output, found


def _found_by_commands(database: str, directory: Path) -> set[str]:
    """Run every command that shows or copies an audit, and return the secrets in what it wrote."""
    run = invoke_in(database)
    commands = [
        *(
            ["show", "latest"],
            ["show", "latest", "--format", "json"],
            ["list", "--format", "json"],
            ["events", "latest"],
        ),
        *(["events", "latest", "--format", "jsonl"], ["diff", "latest", "latest", "--events"]),
        *(["doctor"], ["verify"]),
        *(["replay", "latest", "--format", name, "-o", str(directory / f"replay.{name}")] for name in FORMATS),
        ["report", "latest", "-o", str(directory / "report.html")],
        ["export", "latest", "-o", str(directory / "bundle.zip")],
        ["verify", str(directory / "bundle.zip")],
        ["show", f"latest:http://127.0.0.1/go?token={PLANTED['request token']}"],
        ["audit", f"ftp://127.0.0.1/go?token={PLANTED['request token']}", "-v"],
        ["audit", "http://h.test/", "--proxy", f"bad://me:{PLANTED['proxy password']}@h.test:1"],
        ["record", f"--password={PLANTED['given password']}", "--", "true"],
        ["list", "-v", "--db", f"postgresql://me:{PLANTED['given password']}@127.0.0.1:1/nothing"],
    ]
    found: set[str] = set()
    for command in commands:
        result = run(*command)
        assert result.status in (0, 1, 2), (command, result.stderr)
        found |= _found_in(" ".join(command[:3]), (result.stdout + result.stderr).encode("utf-8", "replace"))
    return found


def test_no_planted_secret_is_left_anywhere(temporary):
    """Not in the log's file, an output, a report, a bundle, an error, a process or a file; masks are there instead."""
    database = temporary / "log.db"
    output, in_processes = _audit(temporary, str(database), "--tier", "quick_scan", "-v")
    assert _found_in("the output", output) == set()
    if sys.platform == "linux":
        assert in_processes == set()
    assert _found_by_commands(str(database), temporary) == set()
    assert _found_in_files(temporary) == set()
    with closing(sqlite3.connect(database)) as connection:
        stored = _stored(connection)
    assert len(stored) > 20
    assert set().union(*(_found_in("the log", data) for data in stored)) == set()
    masks = {match.decode() for data in stored for match in _MASK.findall(data)}
    assert {"token", "sid", "js_session", "x-auth-token", "api_key", "jwt", "private_key", "access_token"} <= masks


def test_a_recorded_command_is_masked_and_its_output_is_kept(temporary):
    """What we add about a program has no secret; what the program says is evidence."""
    database, secret = str(temporary / "log.db"), PLANTED["given password"]
    program = "import sys; print('says ' + sys.argv[2])"
    run = invoke_in(database)
    run("record", "--url", f"http://h.test/?jwt={secret}", "--", sys.executable, "-c", program, "--password", secret)
    (requested, _, started, said, *rest) = run("events", "latest", "--format", "jsonl").stdout.splitlines()
    assert secret not in requested + started + "".join(rest)
    assert "[secret:password:" in requested and "[secret:password:" in started
    assert f"says {secret}" in said


@pytest.mark.slow
def test_no_planted_secret_is_left_in_postgresql(temporary, postgresql):
    """Both transports at once, five pages, and a database whose address has a password."""
    address = re.sub(r"//postgres:?@", f"//postgres:{PLANTED['given password']}@", postgresql)
    assert address != postgresql
    output, in_processes = _audit(temporary, address, "--validate-ipc", "-v")
    assert _found_in("the output", output) == set()
    if sys.platform == "linux":
        assert in_processes == set()
    assert _found_by_commands(postgresql, temporary) == set()
    assert _found_in_files(temporary) == set()
    with psycopg.connect(postgresql) as connection:
        stored = _stored(connection)
    assert len(stored) > 50
    assert set().union(*(_found_in("the log", data) for data in stored)) == set()
    assert any(_MASK.search(data) for data in stored)
