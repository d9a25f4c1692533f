"""The checks of audits as JUnit XML: a test suite for each audit, and a test case for each rule.

A rule that an audit breaks is a failure, and one that cannot be judged is an error; both count as not passed. The file
follows the schema of Jenkins (junit-10.xsd), which other readers accept too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from veritas.ci.check import Check
from veritas.ci.ruling import FAILED, PASSED, UNKNOWN, Ruling
from veritas.events.json import as_mapping, as_number, as_text
from veritas.formatting import escape_control_characters, short_number, utc_time
from veritas.projections.audit_state import AuditState
from veritas.projections.findings import severity_of, title_of

_ELEMENTS = {FAILED: "failure", UNKNOWN: "error"}
_MOST_FINDINGS = 100  # of a rule
# What `escape_control_characters` leaves and XML 1.0 does not have.
_NOT_XML = re.compile("[\ufffe\uffff]")


def junit(checks: Sequence[Check]) -> bytes:
    """Return the checks as a JUnit XML document, in UTF-8."""
    root = Element("testsuites", name="veritas")
    outcomes: Counter[str] = Counter()
    seconds = 0.0
    for check in checks:
        suite = _suite(check)
        root.append(suite)
        outcomes.update(ruling.outcome for ruling in check.rulings)
        seconds += check.state.duration or 0.0
    root.attrib |= {"time": _seconds(seconds), **_totals(outcomes)}
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _suite(check: Check) -> Element:
    state = check.state
    suite = Element("testsuite", name=_text(check.name))
    suite.attrib |= _totals(Counter(ruling.outcome for ruling in check.rulings))
    suite.attrib |= {"skipped": "0", "time": _seconds(state.duration or 0.0), "id": _text(state.run_id)}
    if (started := utc_time(state.started_at)) is not None:
        suite.set("timestamp", started.replace(" ", "T").removesuffix("Z"))  # the form that readers expect, in UTC
    properties = SubElement(suite, "properties")
    for name, value in _properties(check):
        SubElement(properties, "property", name=name, value=_text(value))
    for ruling in check.rulings:
        suite.append(_case(ruling, check))
    narrative = as_text(as_mapping(state.verdict).get("narrative"))
    if narrative:
        SubElement(suite, "system-out").text = _text(narrative)
    return suite


def _case(ruling: Ruling, check: Check) -> Element:
    # The time of the suite is that of its one audit, whose rules take none.
    case = Element("testcase", name=_text(ruling.rule), classname=_text(check.name), time="0")
    if ruling.outcome != PASSED:
        broken = SubElement(case, _ELEMENTS[ruling.outcome], type=ruling.outcome, message=_text(ruling.why))
        lines = [ruling.why, *map(_line, ruling.findings[:_MOST_FINDINGS])]
        if len(ruling.findings) > _MOST_FINDINGS:
            lines.append(f"and {len(ruling.findings) - _MOST_FINDINGS:,} more")
        broken.text = "\n".join(map(_text, lines))
    return case


def _line(finding: Mapping[str, Any]) -> str:
    parts = (title_of(finding), as_text(finding.get("detail")), as_text(finding.get("url")))
    return f"{severity_of(finding)}: " + " | ".join(part for part in parts if part)


def _properties(check: Check) -> Iterator[tuple[str, str]]:
    state = check.state
    coverage = as_number(as_mapping(state.verdict).get("coverage"))
    values: dict[str, str | None] = {
        "audit_id": state.audit_id,
        "run_id": state.run_id,
        "status": state.status,
        "trust_score": None if state.trust_score is None else short_number(state.trust_score),
        "risk_level": state.risk_level,
        "coverage": None if coverage is None else f"{coverage:g}",
        "findings": str(len(state.findings)),
        "baseline": check.baseline,
        **_request(state),
    }
    yield from ((name, value) for name, value in values.items() if value is not None)


def _request(state: AuditState) -> dict[str, str | None]:
    request = state.request
    return (
        {}
        if request is None
        else {"tier": request.tier, "batch": request.batch, "tags": ", ".join(request.tags) or None}
    )


def _totals(outcomes: Mapping[str, int]) -> dict[str, str]:
    return {
        "tests": str(sum(outcomes.values())),
        "failures": str(outcomes.get(FAILED, 0)),
        "errors": str(outcomes.get(UNKNOWN, 0)),
    }


def _seconds(seconds: float) -> str:
    return f"{min(seconds, 999_999_999):.3f}"


def _text(text: str) -> str:
    """Return recorded text, which may be hostile, with an escape for each character that XML or a terminal obeys."""
    return _NOT_XML.sub(lambda match: f"\\u{ord(match.group()):04x}", escape_control_characters(text))
