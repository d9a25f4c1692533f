"""What may pass is tried again, and what cannot pass is not."""

from __future__ import annotations

import pytest

from tests.projections.recordings import Recording
from veritas.errors import BROWSER, DRIVER, MACHINE, PAGE, TAB, TIME_LIMIT
from veritas.fleet.retry import (
    CRASH,
    NO_ANSWER,
    NO_MEANS,
    NO_PAGE,
    OTHER,
    RULES,
    UNKNOWN_HOST,
    Rule,
    delay_before,
    rule_of,
    rule_of_run,
)


@pytest.mark.parametrize(
    ("kind", "code", "rule"),
    [
        (PAGE, "ERR_CONNECTION_REFUSED", NO_ANSWER),
        (PAGE, "ERR_CONNECTION_TIMED_OUT", NO_ANSWER),
        (PAGE, "ERR_EMPTY_RESPONSE", NO_ANSWER),
        (TIME_LIMIT, None, NO_ANSWER),
        (PAGE, "ERR_NAME_NOT_RESOLVED", UNKNOWN_HOST),
        (MACHINE, "ERR_NAME_RESOLUTION_FAILED", NO_MEANS),
        (MACHINE, None, NO_MEANS),
        (PAGE, "ERR_REFUSED_BY_EGRESS_GUARD", NO_PAGE),
        (PAGE, "ERR_CERT_DATE_INVALID", NO_PAGE),
        (PAGE, "ERR_TOO_MANY_REDIRECTS", NO_PAGE),
        (PAGE, "ERR_UNSAFE_PORT", NO_PAGE),
        (PAGE, "", NO_PAGE),
        (TAB, None, CRASH),
        (BROWSER, None, CRASH),
        (DRIVER, None, CRASH),
        ("a kind of a later version", None, OTHER),
        (None, None, CRASH),
    ],
)
def test_each_cause_has_its_rule(kind: str | None, code: str | None, rule: Rule) -> None:
    assert rule_of(kind, code) is rule


def run_with(*errors: dict[str, str]) -> Recording:
    """Return a run with these errors, which ends as a failed audit does."""
    run = Recording("vrts_0000000000000001.1")
    for seq, extra in enumerate(errors, 1):
        run.child("scout", "error", seq=seq, extra=extra)
    run.child("complete", "error", seq=len(errors) + 1)  # it names no cause of its own
    return run


def test_the_first_cause_that_a_run_names_decides() -> None:
    assert rule_of_run(run_with({"kind": PAGE, "code": "ERR_EMPTY_RESPONSE"}, {"kind": PAGE}).events) is NO_ANSWER
    assert rule_of_run(run_with({"error": "KeyError"}).events) is OTHER
    assert rule_of_run([]) is CRASH


@pytest.mark.parametrize(("status", "rule"), [(503, NO_ANSWER), (500, NO_ANSWER), (429, NO_ANSWER), (404, NO_PAGE)])
def test_the_status_of_the_start_page_decides(status: int, rule: Rule) -> None:
    run = Recording("vrts_0000000000000001.1")
    run.child("scout", "done", seq=1, summary={"status": status})
    run.child("complete", "error", seq=2)
    assert rule_of_run(run.events) is rule


def test_no_cause_is_tried_for_ever_and_each_wait_is_at_least_as_long_as_the_last() -> None:
    for rule in RULES:
        waits = [delay_before(rule, attempt) for attempt in range(1, 20)]
        assert waits[-1] is None
        assert list(rule.delays) == sorted(rule.delays) == [each for each in waits if each is not None]
    assert len({rule.cause for rule in RULES}) == len(RULES)
