"""Lighthouse's scores of the pages of `veritas serve`, and of the file of `veritas report --replay`.

`python -m tests.benchmarks lighthouse [--json]`

The log is that of `veritas demo`. Each page of the navigation is opened, an audit with findings, the comparison of two
audits and of two transports, a site, the form to log in, and the file. Lighthouse 12 visits them as a phone does. npm
installs it, which takes half a minute and the network.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from tests.benchmarks._figure import Figure, print_figures
from tests.serving import serving
from tests.web.test_serve import serving as serving_log
from veritas.audit.browser.finder import find_browser

CATEGORIES = ("accessibility", "best-practices")
_NAVIGATION = re.compile(r'<nav aria-label="Pages">.*?</nav>', re.DOTALL)


def main(argv: list[str]) -> int:
    """Run the measurements and print the figures."""
    print_figures(figures(), as_json="--json" in argv)
    return 0


def figures() -> Iterator[Figure]:
    """Yield the scores of each page."""
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        database, file = scratch / "veritas.db", scratch / "replay.html"
        subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", scratch, "lighthouse@12"], check=True
        )
        veritas("demo", "--db", database)
        honest, crooked = (run["run_id"] for run in json.loads(veritas("list", "--db", database, "--format", "json")))
        veritas("report", crooked, "--replay", "--db", database, "-o", file)
        with serving_log(database) as (address, _):
            url, _, token = address.partition("/?token=")
            headers = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
            for name, path in pages(url, headers, crooked, honest).items():
                yield from scores(scratch, name, url + path, headers)
        with serving(lambda path: file.read_bytes(), "text/html; charset=utf-8") as address:
            yield from scores(scratch, "a replay", address, {})


def pages(url: str, headers: Mapping[str, str], crooked: str, honest: str) -> dict[str, str]:
    """Return the paths of the pages by their names, given two runs, of which the first used both transports."""
    with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers))) as answer:
        (navigation,) = _NAVIGATION.findall(answer.read().decode())
    with urllib.request.urlopen(urllib.request.Request(f"{url}/audits/{crooked}", headers=dict(headers))) as answer:
        (site,) = set(re.findall(r'href="(/sites/[^"]+)"', answer.read().decode()))
    run_a, run_b = map(quote, (crooked, honest))
    links = re.findall(r'<li><a href="([^"]+)"[^>]*>([^<]+)</a>', navigation)
    return {
        **{name: path for path, name in links},
        "an audit": f"/audits/{run_a}",
        "two audits": f"/compare?a={run_a}&b={run_b}",
        "two transports": f"/compare?a={run_a}",
        "a site": site,
        "the log-in": "/login",
    }


def scores(scratch: Path, name: str, url: str, headers: Mapping[str, str]) -> Iterator[Figure]:
    """Yield the scores of a page, 0-100, and write to stderr what costs points."""
    command = [
        scratch / "node_modules" / ".bin" / "lighthouse",
        url,
        f"--only-categories={','.join(CATEGORIES)}",
        "--chrome-flags=--headless --no-sandbox",
        f"--extra-headers={json.dumps(dict(headers))}",
        "--output=json",
        "--quiet",
    ]
    ran = subprocess.run(
        command, env={**os.environ, "CHROME_PATH": str(find_browser())}, capture_output=True, text=True, check=True
    )
    report = json.loads(ran.stdout)
    for category in CATEGORIES:
        result = report["categories"][category]
        yield Figure(f"{category}, {name}", 100 * (result["score"] or 0), "", target=">= 100")
        for audit in (report["audits"][each["id"]] for each in result["auditRefs"] if each["weight"]):
            if audit["score"] not in (None, 1):
                print(f"{name}: {audit['title']}", file=sys.stderr)


def veritas(*arguments: str | Path) -> str:
    """Run a command, and return what it printed."""
    command = [sys.executable, "-m", "veritas", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
