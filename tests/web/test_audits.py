"""The page Audits: its rows are in the words of the reports, and a host's scores are a line."""

from __future__ import annotations

import re
from typing import Any

from starlette.testclient import TestClient

from tests.cli.logs import FAILED, RUNNING, TEE
from veritas.web.pages.audits import rows_of
from veritas.web.site import Site


def run(number: int, url: str | None, score: float | None, risk: str | None = None) -> dict[str, Any]:
    """Return a run as `veritas list --format json` prints it; the number is its day."""
    started = f"2025-11-{number:02d}T08:26:40.250000Z"
    values = {"run_id": f"vrts_{number}.1", "url": url, "trust_score": score, "risk_level": risk}
    return values | {"started_at": started, "status": "completed", "findings": 0, "failure": None}


def test_a_row_has_the_words_of_a_report(site: Site) -> None:
    """Its time, and the risk as words with the tone."""
    (row,) = rows_of(site.archive, [run(3, "http://shop.test/", 44.5, "high_risk")])
    assert (row.started, row.score, row.scores) == ("2025-11-03 08:26:40Z", "44.5", None)
    assert row.risk is not None and (row.risk.text, row.risk.tone) == ("high risk", "bad")
    assert (row.status.text, row.status.tone) == ("completed", "good")
    failed = [run(3, None, None) | {"status": "failed", "failure": kind} for kind in ("time_limit", "other")]
    assert [row.failure for row in rows_of(site.archive, failed)] == ["time limit", None]


def test_the_line_has_the_scores_of_the_site(site: Site) -> None:
    """In the order of time whatever the order of the rows, each with its own dot; a run without a score has no line."""
    shop = [run(3, "http://shop.test/b", 100), run(1, "https://SHOP.test:443/", 50), run(2, "http://shop.test/", 0)]
    rows = rows_of(
        site.archive, [*shop, run(4, "http://shop.test:8080/", 10), run(5, "http://shop.test/", None), run(6, None, 10)]
    )
    assert [row.scores is not None for row in rows] == [True, True, True, False, False, False]
    lines = [row.scores for row in rows if row.scores is not None]
    assert {line.label for line in lines} == {"Scores of shop.test, the oldest first: 50, 0, 100"}
    assert {line.points for line in lines} == {"3.0,12.0 36.0,21.0 69.0,3.0"}
    assert [(line.x, line.y) for line in lines] == [(69.0, 3.0), (3.0, 12.0), (36.0, 21.0)]


def test_the_list_is_filtered_and_paged(client: TestClient) -> None:
    """The links of the pages keep the filter; a name of a risk is written in words, and sent as it is."""
    page = client.get("/", params={"status": "", "sort": "url", "limit": "2"}).text
    assert len(re.findall(r'<a href="/audits/', page)) == 2 and "1–2 of 3 runs" in page
    assert 'href="/?sort=url&amp;limit=2&amp;offset=2" rel="next"' in page and 'rel="prev"' not in page
    assert '<option value="high_risk">high risk</option>' in page
    page = client.get("/", params={"status": "failed"}).text
    assert FAILED in page and TEE not in page and RUNNING not in page
    assert '<p id="none">' in client.get("/", params={"url": "none.test"}).text
