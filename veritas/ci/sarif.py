"""The findings of audits as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/).

All audits are one run of the tool, with an invocation for each, because readers such as GitHub's take one run a tool.
The rules are the kinds of findings, and the results the findings. A page has no lines, so that a result has its page,
the element or header, and the place on the screenshot, and no region.

GitHub's code scanning refuses a whole file if a location has another scheme than the files of the checkout. So a page's
location is a relative reference, `shop.example/cart`; the property `url` has the address itself.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from veritas import __version__
from veritas.audit.finding import Finding
from veritas.audit.finding_kinds import FINDING_KINDS
from veritas.audit.recommendations import owner_advice
from veritas.ci.check import Check
from veritas.diff.site.recording import finding_key
from veritas.diff.summary import start_page
from veritas.events.json import as_items, as_mapping, as_number, as_text, json_document
from veritas.events.recorder_events import COMPLETED
from veritas.formatting import iso_time
from veritas.projections.audit_state import AuditState
from veritas.projections.findings import severity_of, title_of

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "veritasFinding/v1"

_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
_NO_KIND = "unknown"
_SCHEME = re.compile(r"\A[A-Za-z][A-Za-z0-9+.-]*://")
# The characters that a relative reference may have; a recorded URL may have any.
_IN_REFERENCE = "%/?:@!$&'()*+,;=~-._#"


def sarif(checks: Sequence[Check]) -> bytes:
    """Return the findings of the checked audits as a SARIF document, in UTF-8."""
    log = _Log()
    for number, check in enumerate(checks):
        log.add(check, number)
    return json_document({"$schema": SCHEMA, "version": "2.1.0", "runs": [log.run(checks)]})


class _Log:
    def __init__(self) -> None:
        self._rules: dict[str, tuple[int, dict[str, Any]]] = {}  # by kind
        self._artifacts: dict[str, tuple[int, dict[str, Any]]] = {}  # by URL or hash
        self._results: list[dict[str, Any]] = []

    def add(self, check: Check, number: int) -> None:
        """Add the findings of an audit, which is the invocation *number*."""
        state = check.state
        for page in state.pages:
            if url := as_text(page.get("url")):
                self._page(url)
        for screenshot in state.screenshots:
            self._screenshot(str(screenshot["sha256"]), f"{screenshot.get('kind')} of {screenshot.get('url')}")
        for at, finding in enumerate(state.findings):
            result = self._result(finding, state)
            if check.new is not None:
                state_of_it = "new" if at in check.new else "updated" if at in check.worse else "unchanged"
                result["baselineState"] = state_of_it
            self._results.append(result | {"provenance": {"invocationIndex": number}})

    def run(self, checks: Sequence[Check]) -> dict[str, Any]:
        """Return the run with all that was added."""
        driver = {
            "name": "VERITAS",
            "semanticVersion": __version__,
            "version": __version__,
            "rules": [rule for _, rule in self._rules.values()],
        }
        return {
            "tool": {"driver": driver},
            "columnKind": "unicodeCodePoints",
            "invocations": [_invocation(check) for check in checks],
            "artifacts": [artifact for _, artifact in self._artifacts.values()],
            "results": self._results,
        }

    def _result(self, finding: Mapping[str, Any], state: AuditState) -> dict[str, Any]:
        kind = as_text(finding.get("kind")) or _NO_KIND
        if kind not in self._rules:
            self._rules[kind] = (len(self._rules), _rule(kind, finding))
        evidence = as_mapping(finding.get("evidence"))
        detail = as_text(finding.get("detail"))
        title = title_of(finding)
        properties = {
            "audit_id": state.audit_id,
            "run_id": state.run_id,
            "seq": finding.get("seq"),
            "url": as_text(finding.get("url")) or (state.request.url if state.request else None),
            "severity": severity_of(finding),
            "confidence": as_number(finding.get("confidence")),
            "signal": as_text(finding.get("signal")),
            "taxonomy": as_mapping(finding.get("taxonomy")),
            "evidence": evidence,
        }
        result = {
            "ruleId": kind,
            "ruleIndex": self._rules[kind][0],
            "level": _LEVELS.get(severity_of(finding), "warning"),
            "message": {"text": f"{title}: {detail}" if detail and detail != title else title},
            "locations": [self._location(finding, evidence, state)],
            "partialFingerprints": {FINGERPRINT: fingerprint(finding, state)},
            "properties": {name: value for name, value in properties.items() if value not in (None, {})},
        }
        attachment = self._attachment(evidence)
        return result | {"attachments": [attachment]} if attachment else result

    def _location(self, finding: Mapping[str, Any], evidence: Mapping[str, Any], state: AuditState) -> dict[str, Any]:
        requested = state.request.url if state.request else None
        url = as_text(finding.get("url")) or requested or state.audit_id  # readers demand a location
        location = {"physicalLocation": {"artifactLocation": {"uri": _uri(url), "index": self._page(url)}}}
        places = [
            {"fullyQualifiedName": name, "kind": kind}
            for name, kind in (
                (as_text(evidence.get("selector")), "element"),
                (as_text(evidence.get("header")), "header"),
            )
            if name
        ]
        return location | {"logicalLocations": places} if places else location

    def _attachment(self, evidence: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the screenshot of a finding, with the rectangle of its element in CSS pixels."""
        sha256 = as_text(evidence.get("screenshot"))
        if not sha256:
            return None
        attachment: dict[str, Any] = {"artifactLocation": {"index": self._screenshot(sha256, "screenshot")}}
        rect = as_mapping(evidence.get("rect"))
        x, y, width, height = (as_number(rect.get(name)) for name in ("x", "y", "width", "height"))
        if x is not None and y is not None and width is not None and height is not None:
            attachment["rectangles"] = [{"left": x, "top": y, "right": x + width, "bottom": y + height}]
        return attachment

    def _page(self, url: str) -> int:
        return self._artifact(
            url, {"location": {"uri": _uri(url)}, "description": {"text": url}, "roles": ["analysisTarget"]}
        )

    def _screenshot(self, sha256: str, description: str) -> int:
        return self._artifact(
            f"sha256:{sha256}",
            {"description": {"text": description}, "hashes": {"sha-256": sha256}, "roles": ["attachment"]},
        )

    def _artifact(self, key: str, artifact: dict[str, Any]) -> int:
        return self._artifacts.setdefault(key, (len(self._artifacts), artifact))[0]


def fingerprint(finding: Mapping[str, Any], state: AuditState) -> str:
    """Return the identity of a finding as text: the same in every audit of its page, whatever it says in words.

    The port of this machine is not part of it, because a server under test often has another one each time.
    """
    key = finding_key(finding, start_page(state))
    host, slash, path = key.page.partition("/")
    parts = (key.kind, key.about, f"{_stable_host(host)}{slash}{path}")
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _stable_host(host: str) -> str:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        is_local = ipaddress.ip_address(name).is_loopback
    except ValueError:
        is_local = name == "localhost" or name.endswith(".localhost")
    return name if is_local else host


def _rule(kind: str, finding: Mapping[str, Any]) -> dict[str, Any]:
    known = FINDING_KINDS.get(kind)
    signal = as_text(finding.get("signal")) or ""
    tags = [*dict.fromkeys(tag for tag in (signal, *_taxonomy(finding)) if tag)]
    properties = {"properties": {"tags": tags}} if tags else {}
    if known is None:  # a program's own, or that of another version
        return {"id": kind, "shortDescription": {"text": title_of(finding)}, **properties}
    advice = owner_advice(
        Finding(
            phase=known.phase,
            kind=kind,
            title=known.title,
            detail="",
            severity="info",
            confidence=0.0,
            signal=signal,
            url="",
            taxonomy={
                name: text for name, text in as_mapping(finding.get("taxonomy")).items() if isinstance(text, str)
            },
        )
    )
    return {
        "id": kind,
        "shortDescription": {"text": f"{known.title}."},
        "fullDescription": {"text": known.meaning},
        "help": {"text": f"{known.meaning} {advice}"},
        "helpUri": known.help_url,
        **properties,
    }


def _taxonomy(finding: Mapping[str, Any]) -> Iterator[str]:
    for name, text in as_mapping(finding.get("taxonomy")).items():
        if isinstance(text, str):
            yield f"{name}: {text}"


def _invocation(check: Check) -> dict[str, Any]:
    state = check.state
    verdict = as_mapping(state.verdict)
    properties = {
        "audit_id": state.audit_id,
        "run_id": state.run_id,
        "url": state.request.url if state.request else None,
        "tier": state.request.tier if state.request else None,
        "batch": state.request.batch if state.request else None,
        "tags": [*dict.fromkeys(state.request.tags)] if state.request else [],
        "status": state.status,
        "trust_score": state.trust_score,
        "risk_level": state.risk_level,
        "coverage": as_number(verdict.get("coverage")),
        "baseline": check.baseline,
        "passed": check.passed,
        "rules": [{"rule": each.rule, "outcome": each.outcome, "why": each.why} for each in check.rulings],
    }
    invocation: dict[str, Any] = {
        "executionSuccessful": state.status == COMPLETED,
        "properties": {name: value for name, value in properties.items() if value is not None},
    }
    for name, time in (("startTimeUtc", state.started_at), ("endTimeUtc", state.finished_at)):
        if (text := iso_time(time)) is not None:
            invocation[name] = text
    if notifications := [*_notifications(state)]:
        invocation["toolExecutionNotifications"] = notifications
    return invocation


def _notifications(state: AuditState) -> Iterator[dict[str, Any]]:
    """Yield the error of the run, and what it could not examine."""
    if state.error is not None:
        yield {"level": "error", "message": {"text": state.error}}
    for item in map(as_mapping, as_items(as_mapping(state.verdict).get("not_examined"))):
        what, why, url = (as_text(item.get(name)) for name in ("what", "why", "url"))
        notification: dict[str, Any] = {"level": "warning", "message": {"text": f"Not examined: {what}: {why}"}}
        if url:
            notification["locations"] = [{"physicalLocation": {"artifactLocation": {"uri": _uri(url)}}}]
        yield notification


def _uri(url: str) -> str:
    """Return a URL as a relative reference: without its scheme, and with every character escaped that none has."""
    rest = _SCHEME.sub("", url)
    host, slash, path = quote(rest, safe=_IN_REFERENCE, errors="backslashreplace").lstrip("/").partition("/")
    reference = host.replace(":", "%3A") + slash + path  # what precedes a colon would be a scheme
    return reference or quote(url, safe="")
