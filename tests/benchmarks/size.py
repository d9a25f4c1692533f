"""The bytes that an audit takes in the log, with this code and with that of another checkout.

`python -m tests.benchmarks size --before DIRECTORY [--json]`

Each code audits the same sites: five pages of the demo's crooked shop, and a page that is longer and has photographs.
*DIRECTORY* is a checkout of the code to compare with, for example a `git worktree` of an earlier commit. Each site has
a log of its own that has an audit of another shop already, so that the fixed size of an empty log does not count. The
figures are the growth of the log's file, `all`, and of each kind of content. The rows are all columns of the events but
their bodies, and the indexes. A site that is audited again takes less: the log keeps equal pictures once.
"""

from __future__ import annotations

import argparse
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path

from tests.benchmarks._figure import Figure, print_figures
from tests.benchmarks._heavy_page import heavy_page
from tests.serving import Answer, serving
from veritas.cli.demo.server import serve_shops
from veritas.config import child_environment

ROOT = Path(__file__).parents[2]
TARGET = "<= 0.3333"
WHOLE = "all"

Sizes = dict[str, float]  # bytes, by the kind of content

_SUMS = {
    "screenshots": "SELECT sum(length(bytes)) FROM artifact WHERE media_type LIKE 'image/%'",
    "attachments": "SELECT sum(length(bytes)) FROM artifact WHERE media_type NOT LIKE 'image/%'",
    "bodies": "SELECT sum(length(body)) FROM event",
    "read models": "SELECT sum(payload) FROM dbstat WHERE name IN ('run', 'read_model')",
    "tree": "SELECT sum(payload) FROM dbstat WHERE name IN ('tree_node', 'checkpoint')",
}


def main(argv: list[str]) -> int:
    """Run the measurements and print the figures."""
    parser = argparse.ArgumentParser(prog="size", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--before", type=Path, metavar="DIRECTORY", required=True, help="a checkout to compare with")
    arguments = parser.parse_args(argv)
    with serve_shops() as shops, serving_heavy_page() as heavy:
        sites = {"five pages": shops.crooked, "heavier page": heavy}
        print_figures(figures(sites, shops.honest, arguments.before), as_json=arguments.json)
    return 0


def figures(sites: dict[str, str], other_site: str, before: Path) -> Iterator[Figure]:
    """Audit each site with both codes, and compare what its audits take."""
    for site, url in sites.items():
        now, then = (audit_sizes(tree, url, other_site) for tree in (ROOT, before))
        for what, size in now.items():
            target = TARGET if what == WHOLE else None
            ratio = size / then[what] if then[what] else None
            yield Figure(f"{site}: {what}", size, "B", "before", then[what], ratio, target)


def audit_sizes(tree: Path, url: str, other_site: str) -> Sizes:
    """Return the bytes of an audit by the code in *tree*, by kind, and of the next one of the same site."""
    with tempfile.TemporaryDirectory() as directory:
        database = Path(directory, "log.db")
        sizes = []
        for each in (other_site, url, url):
            audit(tree, each, database)
            sizes.append(measure(database))
        first, again = ({kind: b[kind] - a[kind] for kind in a} for a, b in pairwise(sizes))
    return first | {"audited again": again[WHOLE]}


def audit(tree: Path, url: str, database: Path) -> None:
    """Audit *url* into *database* with the code in *tree*."""
    command = [sys.executable, "-m", "veritas", "audit", url, "--tier", "standard_audit", "--db", str(database)]
    run = subprocess.run(command, cwd=tree, env=child_environment(tree), capture_output=True, text=True)
    assert run.returncode in (0, 1), run.stderr


def measure(database: Path) -> Sizes:
    """Return the bytes that a log takes, by the kind of content, without the pages that it does not use."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

        def number(query: str) -> int:
            value: int | None = connection.execute(query).fetchone()[0]
            return value or 0

        sizes: Sizes = {kind: number(query) for kind, query in _SUMS.items()}
        pages = number("PRAGMA page_count") - number("PRAGMA freelist_count")
        whole = pages * number("PRAGMA page_size")
    return {WHOLE: whole, **sizes, "rows": whole - sum(sizes.values())}


@contextmanager
def serving_heavy_page() -> Iterator[str]:
    """Serve the heavier page, and yield its URL."""
    answers = heavy_page()

    def answer(path: str) -> Answer:
        if path not in answers:
            return Answer(b"There is no such page.", 404)
        media_type, body = answers[path]
        return Answer(body, headers={"Content-Type": media_type})

    with serving(answer, "text/plain") as url:
        yield f"{url}/"
