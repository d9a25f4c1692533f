"""The summary of two runs says what is new, gone, changed and unchanged, and what was not compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.projections.recordings import FINDING, Recording, requested
from veritas.ci.baseline import Baseline
from veritas.diff.rules import Rules
from veritas.diff.summary import CHANGED, GONE, NEW, NOT_COMPARED, UNCHANGED, before_and_after, summarize
from veritas.diff.summary_text import summary_sentences
from veritas.projections.audit_state import AuditState

EMPTY: Mapping[str, Any] = {}


def state(
    host: str,
    findings: dict[str, str],
    *,
    visited: tuple[str, ...] = ("/",),
    grade: Mapping[str, Any] = EMPTY,
    **scout: Any,
) -> AuditState:
    """Return the state of an audit of a host with these findings: the page of each kind; *grade* changes each."""
    run = Recording()
    run.recorder(requested(url=f"http://{host}/"))
    for seq, page in enumerate(visited, 1):
        run.child("scout", "page_loaded", seq=seq, summary={"url": f"http://{host}{page}", "status": 200})
    run.child("scout", "done", seq=10, summary=scout)
    for seq, (kind, page) in enumerate(findings.items(), 11):
        finding = FINDING | {"kind": kind, "url": f"http://{host}{page}"} | grade
        run.child("vision", "finding", seq=seq, type="finding", extra={"finding": finding})
    run.child("vision", "done", seq=90)
    return AuditState.of(run.events)


def headers(**values: str) -> dict[str, Any]:
    return {"pages": [{"headers": [[name, value] for name, value in values.items()]}]}


def test_findings_are_new_gone_or_unchanged_though_the_host_is_another() -> None:
    """Of a page that one run did not visit, neither is known."""
    a = state("a.test", {"old": "/", "both": "/", "elsewhere": "/cart"}, visited=("/", "/cart"))
    b = state("b.test:8080", {"both": "/", "fresh": "/"})
    summary = summarize(a, b, Rules.of())
    kinds = {
        word: [finding.trace.key.kind for finding in summary.findings_that_are(word)]
        for word in (NEW, GONE, UNCHANGED, NOT_COMPARED)
    }
    assert kinds == {NEW: ["fresh"], GONE: ["old"], UNCHANGED: ["both"], NOT_COMPARED: ["elsewhere"]}
    assert [len(found) for found in summary.as_dict()["findings"].values()] == [1, 1, 0, 1, 1]


@pytest.mark.parametrize(
    ("before", "after", "change", "worse"),
    [
        ({"severity": "low"}, {"severity": "high"}, "its severity is high and was low", True),
        ({"severity": "high"}, {"severity": "low", "confidence": 1}, "its severity is low and was high", False),
        ({"confidence": 0.6}, {"confidence": 0.9}, "its confidence is 0.9 and was 0.6", True),
        ({"confidence": 0.9}, {"confidence": None}, "its confidence is unknown and was 0.9", False),
        ({"confidence": 0.8333333}, {"confidence": 0.8333334}, "its confidence is 0.8333334 and was 0.8333333", True),
        ({"confidence": 0.5}, {"confidence": 1.0}, "its confidence is 1 and was 0.5", True),
    ],
)
def test_a_finding_whose_severity_or_confidence_is_another_is_changed(
    before: dict[str, Any], after: dict[str, Any], change: str, worse: bool
) -> None:
    """It is not unchanged, and whether it is worse is what `veritas check` says of it."""
    a, b = (state("a.test", {"both": "/"}, grade=grade) for grade in (before, after))
    summary = summarize(a, b, Rules.of())
    assert summary.findings_that_are(UNCHANGED) == []
    (found,) = summary.as_dict()["findings"][CHANGED]
    assert (found["change"], found["worse"]) == (change, worse)
    assert bool(Baseline("a", a).worse_findings(b)) is worse
    counted = dict(summary_sentences(summary, []))["findings"]
    assert counted == f"0 new, 0 gone, 1 changed{' (1 worse)' if worse else ''}, 0 unchanged"


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (("odd", "high"), ("odd", "high"), None),
        (("high", "odd"), ("odd", "high"), None),
        (("high",), ("odd", "high"), "its severity is odd and was high"),
        (("odd", "high"), ("high",), "its severity is high and was odd"),
        (("low", "high"), ("medium", "high"), None),
    ],
)
def test_of_several_findings_with_one_identity_the_worst_is_compared(
    before: tuple[str, ...], after: tuple[str, ...], change: str | None
) -> None:
    """In both commands; a severity that is not known is the worst."""
    a, b = (severities(*each) for each in (before, after))
    changes = [found.change for found in summarize(a, b, Rules.of()).findings_that_are(CHANGED)]
    assert changes == [worse.change for worse in Baseline("a", a).worse_findings(b)] == ([change] if change else [])


def severities(*all_: str) -> AuditState:
    """Return the state of an audit with a finding of each severity, which have one identity."""
    run = Recording()
    run.recorder(requested(url="http://a.test/"))
    run.child("scout", "page_loaded", seq=1, summary={"url": "http://a.test/", "status": 200})
    for seq, severity in enumerate(all_, 11):
        finding = FINDING | {"kind": "one", "url": "http://a.test/", "severity": severity}
        run.child("vision", "finding", seq=seq, type="finding", extra={"finding": finding})
    run.child("vision", "done", seq=90)
    return AuditState.of(run.events)


def test_facts_that_a_run_did_not_record_are_unknown_and_not_unchanged() -> None:
    a = state("a.test", {}, third_party_hosts=["cdn.test", "ads.test"], **headers(server="one", vary="x"))
    b = state("a.test", {}, third_party_hosts=["cdn.test"], **headers(server="two", vary="x"))
    summary = summarize(a, b, Rules.of())
    assert summary.unknown == ["cookies", "certificate"]
    assert [(fact.key.name, *before_and_after(fact)) for fact in summary.changed_facts("headers")] == [
        ("server", "one", "two")
    ]
    assert [fact["change"] for fact in summary.as_dict()["third_party_hosts"]] == ["gone"]
