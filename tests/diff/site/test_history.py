"""A site's history follows from what its recordings cover, and from nothing else."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.diff.sites import SITE, finding, site_run
from tests.projections.recordings import Recording
from veritas.diff.rules import Rules
from veritas.diff.site.history import SiteHistory, site_history
from veritas.diff.site.presence import APPEARED, CHANGED, STAYED, WENT
from veritas.diff.site.recording import SiteRecording, site_recording
from veritas.diff.site.url import Page, SiteAddress
from veritas.projections.audit_state import AuditState

RULES = Rules.of()


def recording(run: Recording) -> SiteRecording:
    state = AuditState.of(run.events)
    page = Page.of((state.request and state.request.url) or "")
    assert page is not None
    return site_recording(state, page, RULES)


def history(*runs: Recording, of: str = SITE) -> SiteHistory:
    return site_history(SiteAddress.parse(of), map(recording, runs))


def fates(result: SiteHistory) -> dict[str, str]:
    return {one.trace.key.kind: one.trace.fate for one in result.findings}


def facts(topic: str, *runs: Recording) -> dict[str, tuple[str, str]]:
    return {trace.key.name: (trace.fate, trace.value) for trace in history(*runs).facts[topic]}


def test_findings_appear_go_and_stay() -> None:
    result = history(
        site_run(1, findings=[finding("a"), finding("b")]),
        site_run(2, findings=[finding("a"), finding("c")]),
    )
    assert fates(result) == {"a": STAYED, "b": WENT, "c": APPEARED}
    assert result.changed


def test_a_finding_with_another_severity_is_changed() -> None:
    """Since the recording that has the new one."""
    result = history(
        *(site_run(day, findings=[finding(severity=severity)]) for day, severity in enumerate(("low", "low", "high")))
    )
    (found,) = result.findings
    assert (found.trace.fate, found.change, found.is_worse) == (CHANGED, "its severity is high and was low", True)
    assert result.changed and [step.value for step in found.trace.steps] == [
        "low, confidence unknown",
        "high, confidence unknown",
    ]


def test_a_finding_keeps_its_identity_with_other_words_numbers_and_indices() -> None:
    before = finding(selector="main > li:nth-of-type(3) > p", title="Only 3 left", detail="Only 3 left in stock")
    after = finding(
        selector="main > li:nth-of-type(5) > p", title="Only 4 left", detail="Hurry: 4!", url="http://SHOP.test"
    )
    result = history(site_run(1, findings=[before]), site_run(2, findings=[after, after]))
    assert fates(result) == {"countdown_resets": STAYED}
    assert (result.findings[0].details.title, result.findings[0].details.count) == ("Only 4 left", 2)


def test_the_same_kind_on_another_element_or_another_page_is_another_finding() -> None:
    pages = (SITE, f"{SITE}cart")
    one, other = finding(selector="#a"), finding(selector="#b")
    elsewhere = finding(selector="#a", url=f"{SITE}cart")
    result = history(*(site_run(number, findings=[one, other, elsewhere], pages=pages) for number in (1, 2)))
    assert len(result.findings) == 3


@pytest.mark.parametrize(
    "silent", [site_run(2, failed="vision"), site_run(2, failed="scout"), site_run(2, pages=[f"{SITE}other"])]
)
def test_a_finding_has_not_gone_if_its_page_was_not_examined(silent: Recording) -> None:
    result = history(site_run(1, findings=[finding("a")]), silent)
    assert fates(result) == {"a": STAYED}


def test_a_failed_run_is_a_gap_and_not_a_zero() -> None:
    result = history(site_run(1, score=44), site_run(2, failed="scout"), site_run(3, score=44))
    assert [one.trust_score for one in result.recordings] == [44, None, 44]
    assert [one.is_gap for one in result.recordings] == [False, True, False]
    assert not result.changed


def test_another_score_is_a_change() -> None:
    assert history(site_run(1, score=44), site_run(2, score=45)).changed


def test_an_inconclusive_verdict_is_a_change() -> None:
    """It has no score, but it is another verdict on the same site; an audit that failed has none."""
    trusted, blank = site_run(1, score=95, level="trusted"), site_run(2, score=None)
    blank.child("judge", "done", seq=900, summary={"trust_score": None, "risk_level": "inconclusive"})
    assert history(trusted, blank).changed


def test_volatile_headers_are_left_out() -> None:
    before = [("Date", "today"), ("X-Frame-Options", "DENY"), ("Server", "a"), ("CSP", "nonce-abc"), ("Old", "x")]
    after = [("Date", "later"), ("x-frame-options", "DENY"), ("Server", "b"), ("CSP", "nonce-xyz"), ("New", "y")]
    assert facts("headers", site_run(1, headers=before), site_run(2, headers=after)) == {
        "x-frame-options": (STAYED, "DENY"),
        "server": (CHANGED, "b"),
        "csp": (STAYED, "nonce-*"),
        "old": (WENT, "x"),
        "new": (APPEARED, "y"),
    }


def test_a_cookies_flags_are_compared_and_its_value_is_not() -> None:
    cookie = {"name": "s", "domain": "shop.test", "path": "/", "value": "1", "expires": -1, "httpOnly": True}
    now = cookie | {"value": "2", "httpOnly": False, "secure": True, "expires": 1e9}
    assert facts("cookies", site_run(1, cookies=[cookie]), site_run(2, cookies=[cookie | {"value": "2"}])) == {
        "s (shop.test/)": (STAYED, "HttpOnly, session")
    }
    assert facts("cookies", site_run(1, cookies=[cookie]), site_run(2, cookies=[now])) == {
        "s (shop.test/)": (CHANGED, "Secure, persistent")
    }


def test_third_parties_come_and_go() -> None:
    assert facts("third_party_hosts", site_run(1, third_parties=["a"]), site_run(2, third_parties=["b"])) == {
        "a": (WENT, ""),
        "b": (APPEARED, ""),
    }


def test_a_certificate_that_could_not_be_fetched_is_not_a_change() -> None:
    certificate = {
        "status": "found",
        "issuer": {"organization": "CA", "common_name": "R3"},
        "names": ["b", "a"],
        "not_after": "2026-01-01",
        "trusted": True,
    }
    renewed = certificate | {"not_after": "2027-01-01"}
    runs = [
        site_run(1, certificate=certificate),
        site_run(2, certificate={"status": "unknown"}),
        site_run(3, certificate=renewed),
    ]
    assert facts("certificate", *runs) == {
        "issuer": (STAYED, "CA, R3"),
        "names": (STAYED, "a, b"),
        "expires": (CHANGED, "2027-01-01"),
        "trusted": (STAYED, "yes"),
    }
    assert facts("certificate", site_run(1), site_run(2, certificate=certificate))["issuer"] == (APPEARED, "CA, R3")


def test_the_headers_of_two_pages_are_separate() -> None:
    cart = f"{SITE}cart"
    runs = [site_run(1, headers=[("a", "1")]), site_run(2, url=cart, pages=[cart], headers=[("a", "2")])]
    result = history(*runs, of="shop.test")
    assert [(trace.key.page, trace.fate) for trace in result.facts["headers"]] == [
        ("shop.test/", STAYED),
        ("shop.test/cart", STAYED),
    ]


_findings = st.lists(st.builds(finding, st.sampled_from("abc"), selector=st.sampled_from(["#x", "#y"])), max_size=5)
_runs = st.lists(
    st.fixed_dictionaries(
        {
            "findings": _findings,
            "failed": st.sampled_from([None, None, "vision", "scout"]),
            "score": st.sampled_from([None, 20, 71.5]),
            "headers": st.lists(st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["1", "2"])), max_size=3),
        }
    ),
    min_size=1,
    max_size=5,
)


@given(_runs, st.randoms())
def test_the_order_of_the_recordings_does_not_matter(runs: list[dict[str, Any]], random: Random) -> None:
    recordings = [recording(site_run(number, **fields)) for number, fields in enumerate(runs)]
    site = SiteAddress.parse(SITE)
    shuffled = site_history(site, random.sample(recordings, len(recordings)))
    assert shuffled.as_dict() == site_history(site, recordings).as_dict()


@given(_runs)
def test_appeared_and_stayed_findings_are_those_of_the_last_recording(runs: list[dict[str, Any]]) -> None:
    recordings = [recording(site_run(number, **fields | {"failed": None})) for number, fields in enumerate(runs)]
    result = site_history(SiteAddress.parse(SITE), recordings)
    there = {one.trace.key for fate in (APPEARED, CHANGED, STAYED) for one in result.of_fate(fate)}
    assert there == set(recordings[-1].findings)
    assert {one.trace.key for one in result.of_fate(STAYED)} == set(recordings[0].findings) & there
    assert {one.trace.key for one in result.findings} == {key for one in recordings for key in one.findings}


_anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(_anything, _anything, _anything)
def test_any_emitted_values_give_a_history(one: Any, two: Any, three: Any) -> None:
    run = site_run(1, findings=[finding(evidence=one, url=two, severity=three, title=one, phase=two)])
    for seq, (phase, summary) in enumerate(
        [
            ("scout", {"pages": one, "cookies": two, "third_party_hosts": three}),
            ("scout", {"pages": [{"headers": one}], "cookies": [two, {"name": three}], "third_party_hosts": [one]}),
            ("graph", {"certificate": one}),
            ("graph", {"certificate": {"status": "found", "issuer": two, "names": three, "trusted": one}}),
        ],
        500,
    ):
        run.child(phase, "done", seq=seq, summary=summary)
    assert history(run).as_dict()["recordings"]
