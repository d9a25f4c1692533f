"""`veritas diff --site URL` shows what changed on a site."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import HOSTILE, write
from tests.cli.terminal import run_in_terminal
from tests.diff.sites import SITE, finding, site_run
from veritas.archive.archive import Archive


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with a site that changed, one that did not, and a hostile one."""
    place = tmp_path_factory.mktemp("sites") / "log.db"
    cart = "https://shop.test/cart"
    hostile = finding(HOSTILE, title=HOSTILE, severity=HOSTILE, selector=HOSTILE)
    runs = [
        site_run(1, findings=[finding("a"), finding("b")], headers=[("server", "one")], score=44),
        site_run(2, failed="scout"),
        site_run(3, findings=[finding("b"), finding("c")], headers=[("server", "two")], score=71),
        site_run(4, url=cart, pages=[cart], score=71),
        site_run(5, url="http://calm.test/", pages=["http://calm.test/"]),
        site_run(6, url="http://hostile.test/", pages=["http://hostile.test/"], findings=[hostile], level=HOSTILE),
        site_run(7, url="http://hostile.test/", pages=["http://hostile.test/"], headers=[(HOSTILE, HOSTILE)]),
    ]
    with Archive.open(place) as archive:
        for run in runs:
            write(archive, run)
    return place


@pytest.fixture
def diff(place: Path) -> Invoke:
    invoke = invoke_in(place)
    return lambda *arguments: invoke("diff", "--site", *arguments)


def test_findings_appeared_went_or_stayed(diff: Invoke) -> None:
    outcome = diff("http://SHOP.test:80", "--format", "json")
    assert outcome.status == 1
    assert {found["kind"]: found["fate"] for found in outcome.json["findings"]} == {
        "a": "went",
        "b": "stayed",
        "c": "appeared",
    }
    assert [one["trust_score"] for one in outcome.json["recordings"]] == [44, None, 71]
    (server,) = outcome.json["headers"]
    assert (server["name"], server["fate"], server["steps"][0]["value"], server["steps"][1]["value"]) == (
        "server",
        "changed",
        "one",
        "two",
    )
    assert server["steps"][1]["not_before"]["run_id"] == outcome.json["recordings"][0]["run_id"]


def test_text_reports_the_same_as_json(diff: Invoke) -> None:
    text = diff(SITE).stdout
    for output in (
        "recorded\t3 recordings, 1 without a score",
        "score\t44 -> 71",
        "New findings (1)",
        "Gone findings (1)",
        "Unchanged findings (1)",
        "changed\tserver\tone -> two",
    ):
        assert output in text


def test_a_terminal_shows_scores_as_bars(place: Path) -> None:
    shown = run_in_terminal("-m", "veritas", "diff", "--site", SITE, "--db", str(place), width=120)
    assert [line.count("█") for line in shown.splitlines() if "█" in line] == [8, 14]


def test_a_host_means_all_its_pages(diff: Invoke) -> None:
    found = diff("shop.test", "--format", "json").json
    assert {one["page"] for one in found["recordings"]} == {"shop.test/", "shop.test/cart"}
    assert {one["kind"] for one in found["findings"] if one["fate"] == "went"} == {"a"}


def test_an_unchanged_site_is_status_0(diff: Invoke) -> None:
    assert diff("http://calm.test/").status == 0


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("https://shop.test/card", "'shop.test/cart'"),
        ("shopp.test", "'shop.test'"),
        ("https://zzz.invalid/", "veritas list"),
    ],
)
def test_an_unrecorded_site_is_an_error_that_suggests_similar_ones(diff: Invoke, asked: str, near: str) -> None:
    outcome = diff(asked)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith(f"Error: Nothing is recorded of {asked!r} in ")
    assert near in outcome.stderr and outcome.stderr.count("\n") == 1


def test_an_invalid_url_is_refused(diff: Invoke) -> None:
    assert diff("x y").stderr == ("Error: Invalid site 'x y'; give a URL such as 'https://example.com/', or a host.\n")


def test_html_can_be_written_to_a_file(diff: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "site.html"
    outcome = diff(SITE, "--format", "html", "-o", str(file))
    assert (outcome.status, outcome.stdout) == (1, "")
    assert file.read_text().startswith("<!doctype html>")
    assert diff(SITE, "--format", "html", "-o", str(file)).status == 2
    assert diff(SITE, "--format", "html").stdout == file.read_text()


def test_text_and_json_can_be_written_to_a_file(diff: Invoke, tmp_path: Path) -> None:
    for output in ("text", "json"):
        diff(SITE, "--format", output, "-o", str(tmp_path / output))
        assert (tmp_path / output).read_text() == diff(SITE, "--format", output).stdout
    assert json.loads((tmp_path / "json").read_text())["changed"]


def test_hostile_text_is_escaped(diff: Invoke, place: Path) -> None:
    outcome = diff("http://hostile.test/")
    assert outcome.status == 1
    assert outcome.stdout.count("pwned") > 3
    assert not set(outcome.stdout) & set("\x1b\r\u202e")
    for output in ("json", "html"):
        assert not set(diff("http://hostile.test/", "--format", output).stdout) & set("\x1b\r\u202e")
    shown = run_in_terminal("-m", "veritas", "diff", "--site", "http://hostile.test/", "--db", str(place), width=120)
    assert "\x1b[2J" not in shown
