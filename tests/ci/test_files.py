"""JUnit and SARIF: other programs' readers and the official schemas accept them, whatever a page says."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml

from tests.ci.runs import SUSPICIOUS, audit, finding, state_of
from tests.cli.logs import HOSTILE, failed_run
from tests.projections.recordings import INCONCLUSIVE
from veritas.ci.check import Check
from veritas.ci.junit import junit
from veritas.ci.rule import parse_rules
from veritas.ci.ruling import rulings
from veritas.ci.sarif import fingerprint, sarif
from veritas.projections.audit_state import AuditState

SCHEMAS = Path(__file__).parent / "schemas"

CRUEL = f"{HOSTILE} ]]> <![CDATA[ &amp; \"'< \x00\x0b\x7f\x85\ufffe\uffff\U0001f600 ##vso[task.complete] ::error::x"


# The readers of the schemas take a second to import and to build, and most workers do not need them.
@cache
def sarif_schema() -> Any:
    """Return a validator of SARIF."""
    from jsonschema import Draft4Validator

    schema = json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_text("utf-8"))
    return Draft4Validator(schema, format_checker=Draft4Validator.FORMAT_CHECKER)


@cache
def jenkins_schema() -> Any:
    """Return a validator of the JUnit XML that Jenkins reads."""
    from xmlschema import XMLSchema

    return XMLSchema(SCHEMAS / "junit-10.xsd")


def check(state: AuditState, rule: str = "risk>=suspicious|finding:countdown_resets", **fields: Any) -> Check:
    """Return the check of a state by rules."""
    return Check(state, tuple(rulings(parse_rules([rule]), state)), **fields)


def read_junit(checks: list[Check]) -> JUnitXml:
    """Return what a reader of JUnit XML reads, after its schema has accepted the file."""
    document = junit(checks)
    jenkins_schema().validate(document.decode("utf-8"))
    return JUnitXml.fromstring(document)


def read_sarif(checks: list[Check]) -> dict[str, Any]:
    """Return the run of a SARIF file that the schema accepts."""
    document = json.loads(sarif(checks))
    assert [f"{error.json_path}: {error.message}" for error in sarif_schema().iter_errors(document)] == []
    (run,) = document["runs"]
    return run  # type: ignore[no-any-return]


def test_an_audit_is_a_suite_and_a_rule_a_case() -> None:
    """A broken rule is a failure with the findings that broke it; one that cannot be judged is an error."""
    bad, unsure = state_of(finding(), verdict=SUSPICIOUS), state_of(number=2, verdict=INCONCLUSIVE)
    read = read_junit([check(bad), check(unsure)])
    assert (read.tests, read.failures, read.errors) == (6, 2, 2)
    first, second = list(read)
    assert (first.name, first.failures, second.errors) == ("http://shop.test/", 2, 2)
    completes, risk, countdown = list(first)
    assert completes.is_passed
    assert isinstance(risk.result[0], Failure) and risk.result[0].message == "The risk is suspicious."
    assert "high: Countdown restarts | The countdown shows 05:00" in countdown.result[0].text
    assert [type(case.result[0]) for case in list(second)[1:]] == [Error, Error]
    properties = {each.name: each.value for each in first.properties()}
    assert (properties["trust_score"], properties["run_id"]) == ("44", bad.run_id)


def test_a_failed_audit_is_a_failed_case_and_an_unsuccessful_invocation() -> None:
    made = check(AuditState.of(failed_run().events))
    assert read_junit([made]).failures == 1
    (invocation,) = read_sarif([made])["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "The child process was killed by SIGKILL."


def test_a_result_has_its_page_its_element_and_its_place_on_the_screenshot() -> None:
    """The screenshot is an artifact with its hash."""
    evidence = {"selector": "#timer", "rect": {"x": 1, "y": 2, "width": 30, "height": 40}, "screenshot": "ab" * 32}
    run = read_sarif([check(state_of(finding(evidence=evidence)))])
    (result,) = run["results"]
    (location,) = result["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "shop.test/"
    assert result["properties"]["url"] == "http://shop.test/"
    assert location["logicalLocations"] == [{"fullyQualifiedName": "#timer", "kind": "element"}]
    (attachment,) = result["attachments"]
    assert attachment["rectangles"] == [{"left": 1, "top": 2, "right": 31, "bottom": 42}]
    assert run["artifacts"][attachment["artifactLocation"]["index"]]["hashes"] == {"sha-256": "ab" * 32}
    (rule,) = run["tool"]["driver"]["rules"]
    assert (rule["id"], result["ruleIndex"]) == ("countdown_resets", 0)
    assert rule["helpUri"].startswith("https://") and "countdown must end when its offer ends" in rule["help"]["text"]


@pytest.mark.parametrize(
    ("url", "uri"),
    [
        ("https://shop.test/cart?id=3", "shop.test/cart?id=3"),
        ("http://127.0.0.1:8000/", "127.0.0.1%3A8000/"),
        ("http://[::1]:8000/a:b", "%5B%3A%3A1%5D%3A8000/a:b"),
        ("about:blank", "about%3Ablank"),
        ("/", "%2F"),
    ],
)
def test_a_location_has_no_scheme(url: str, uri: str) -> None:
    """Services for code scanning refuse a whole file if one has another scheme than their checkout."""
    run = read_sarif([check(state_of(finding(url=url)))])
    (result,) = run["results"]
    (location,) = result["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == uri
    assert run["artifacts"][location["physicalLocation"]["artifactLocation"]["index"]]["location"]["uri"] == uri


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        ("critical", "error"),
        ("high", "error"),
        ("medium", "warning"),
        ("low", "note"),
        ("info", "note"),
        ("?", "warning"),
    ],
)
def test_the_level_is_the_severity(severity: str, level: str) -> None:
    (result,) = read_sarif([check(state_of(finding(severity=severity)))])["results"]
    assert result["level"] == level


def test_several_audits_are_invocations_of_one_run() -> None:
    """Readers such as GitHub's take one run a tool; each result says which audit it is of."""
    run = read_sarif([check(state_of(finding(), number=1)), check(state_of(finding(), number=2, url="http://b.test/"))])
    assert [each["properties"]["url"] for each in run["invocations"]] == ["http://shop.test/", "http://b.test/"]
    assert [each["provenance"]["invocationIndex"] for each in run["results"]] == [0, 1]


def test_a_baseline_says_which_results_are_new() -> None:
    state = state_of(finding(), finding("preselected_extra"), finding("made_up_number"))
    results = read_sarif([check(state, baseline="vrts_1.1", new={1}, worse={2})])["results"]
    assert [(each["ruleId"], each["baselineState"]) for each in results] == [
        ("countdown_resets", "unchanged"),
        ("preselected_extra", "new"),
        ("made_up_number", "updated"),
    ]


def test_a_fingerprint_is_the_same_in_each_audit_of_a_page() -> None:
    """Whatever the words, and whatever the port of this machine; another page or element has another one."""

    def of(url: str, **fields: Any) -> str:
        state = state_of(finding(url=url, **fields), url=url)
        return fingerprint(state.findings[0], state)

    assert of("http://shop.test/") == of("https://shop.test", detail="It shows 04:59.", title="Countdown")
    assert of("http://127.0.0.1:8000/x") == of("http://127.0.0.1:9000/x")
    assert of("http://localhost:8000/") == of("http://localhost:9000/")
    different = {
        of(url) for url in ("http://shop.test/", "http://shop.test:81/", "http://shop.test/a", "http://b.test/")
    }
    assert len(different) == 4
    assert of("http://shop.test/") != of("http://shop.test/", evidence={"selector": "#other"})


def test_sarif_tools_read_it(tmp_path: Path) -> None:
    """It counts the results by level."""
    from sarif import loader

    (tmp_path / "a.sarif").write_bytes(sarif([check(state_of(finding(), finding("urgency_claim", severity="low")))]))
    report = loader.load_sarif_file(str(tmp_path / "a.sarif")).get_report()
    assert report.get_issue_count_for_severity("error") == 1
    assert report.get_issue_count_for_severity("note") == 1


def test_hostile_text_makes_neither_file_invalid() -> None:
    """No character that a terminal or a reader obeys is left as it was."""
    cruel = finding(
        title=CRUEL, detail=CRUEL, url=f"http://shop.test/{CRUEL}", evidence={"selector": CRUEL, "text": CRUEL}
    )
    state = state_of(
        cruel, verdict={**SUSPICIOUS, "narrative": CRUEL}, url=f"http://shop.test/{CRUEL}", tags=["a"], error=CRUEL
    )
    made = check(state)
    read = read_junit([made])
    assert [len(list(suite)) for suite in read] == [3]
    (result,) = read_sarif([made])["results"]
    assert result["properties"]["evidence"]["text"] == CRUEL
    for document in (junit([made]).decode(), sarif([made]).decode()):
        assert not set(document) & set(
            "\x00\x0b\x1b\x7f\x85\u202e\ufffe" if document.startswith("<?xml") else "\x1b\u202e"
        )


@settings(max_examples=50, deadline=None)
@given(st.text(), st.text(), st.dictionaries(st.text(), st.text(), max_size=3))
def test_any_text_makes_valid_files(kind: str, text: str, measured: dict[str, str]) -> None:
    """Of a page, or of a program that emits findings of its own."""
    odd = {
        "phase": "vision",
        "kind": kind,
        "title": text,
        "detail": text,
        "url": text,
        "evidence": {"measured": measured},
    }
    state = AuditState.of(audit(odd, verdict={"narrative": text}, url=text, error=text, status="failed").events)
    read_junit([check(state)])
    read_sarif([check(state)])
