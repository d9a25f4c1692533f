"""Which failed audits are tried again, how often, and after what time.

What fails for good must not be tried for ever, and what passes must not fail for good. The cause is what the audit
recorded: the status of the start page, or the `kind` and the `code` of its first error.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from veritas.audit.robots import DISALLOWED, UNKNOWN
from veritas.errors import BROWSER, DRIVER, MACHINE, PAGE, TAB, TIME_LIMIT
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import RECORDER

_MINUTE = 60.0


@dataclass(frozen=True)
class Rule:
    """What is done about one cause of failures.

    Attributes:
        cause: The cause, as a code.
        meaning: What it is, in words.
        delays: The seconds before the second attempt, the third and so on; no more attempts than these are made.
        elsewhere: Whether another worker is to make the next attempt, because this machine is the cause.
    """

    cause: str
    meaning: str
    delays: tuple[float, ...]
    elsewhere: bool = False


NO_ANSWER = Rule(
    "no_answer",
    "the site does not answer, refuses or breaks the connection, is too slow, or answers 408, 425, 429 or 5xx",
    (_MINUTE, 5 * _MINUTE, 30 * _MINUTE, 120 * _MINUTE),
)
UNKNOWN_HOST = Rule("unknown_host", "the host does not exist, as far as the name server knows", (10 * _MINUTE,))
NO_PAGE = Rule(
    "no_page",
    "the URL cannot be a page: it answers 4xx, or is a download, an endless redirect, a certificate that is not valid,"
    " a port of another service, or an address that the egress guard refuses",
    (),
)
CRASH = Rule("crash", "the tab, the browser or the audit's process ended", (0.5 * _MINUTE, 2 * _MINUTE, 10 * _MINUTE))
NO_MEANS = Rule(
    "no_means",
    "the machine has no network, no name server, no browser, no memory or no space",
    (0.5 * _MINUTE, 1 * _MINUTE, 5 * _MINUTE, 15 * _MINUTE, 60 * _MINUTE),
    elsewhere=True,
)
ROBOTS_DISALLOWED = Rule(DISALLOWED, "`--obey-robots` was given, and the site's robots.txt disallows the page", ())
ROBOTS_UNKNOWN = Rule(UNKNOWN, "`--obey-robots` was given, and the site's robots.txt cannot be read", NO_ANSWER.delays)
OTHER = Rule("other", "anything else, such as an error of VERITAS itself", (_MINUTE,))
LOST = Rule("lost", "the worker was killed, or its machine was lost", (0.0, 0.0, 0.0))

RULES = (NO_ANSWER, UNKNOWN_HOST, NO_PAGE, CRASH, NO_MEANS, LOST, ROBOTS_DISALLOWED, ROBOTS_UNKNOWN, OTHER)

INTERRUPTED_CAUSE = "interrupted"  # of a job that waits again although no audit of it failed

_OF_KIND = {TIME_LIMIT: NO_ANSWER, TAB: CRASH, BROWSER: CRASH, DRIVER: CRASH, MACHINE: NO_MEANS, PAGE: NO_PAGE}
_BUSY = (408, 425, 429)  # statuses that ask for another try
_MAY_PASS = (
    *("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_TIMED_OUT", "ERR_CONNECTION_RESET", "ERR_CONNECTION_CLOSED"),
    *("ERR_CONNECTION_ABORTED", "ERR_CONNECTION_FAILED", "ERR_EMPTY_RESPONSE", "ERR_TIMED_OUT"),
    *("ERR_ADDRESS_UNREACHABLE", "ERR_HTTP2_", "ERR_QUIC_", "ERR_INCOMPLETE_", "ERR_CONTENT_LENGTH_MISMATCH"),
    *("ERR_SOCKET_NOT_CONNECTED", "ERR_TUNNEL_CONNECTION_FAILED", "ERR_SOCKS_CONNECTION_"),
)


def rule_of(kind: str | None, code: str | None) -> Rule:
    """Return the rule for the last error that an audit recorded.

    Args:
        kind: Where its cause is, as in `PageError.kind`; None if the audit recorded no such error.
        code: Chromium's name of the network's error; None without one.
    """
    if kind is None:
        return CRASH
    if kind == PAGE and code:
        if code == "ERR_NAME_NOT_RESOLVED":
            return UNKNOWN_HOST
        return NO_ANSWER if code.startswith(_MAY_PASS) else NO_PAGE
    return _OF_KIND.get(kind, OTHER)


def rule_of_run(events: Iterable[RecordedEvent]) -> Rule:
    """Return the rule for a failed run, by the status of its start page, or by its first error that names a cause."""
    rule = CRASH
    for recorded in events:
        event = recorded.event
        if recorded.source == RECORDER or event.step not in ("done", "error"):
            continue
        if (event.phase, event.step) == ("scout", "done"):
            status = event.summary.get("status")
            if isinstance(status, int) and status >= 400:
                return NO_ANSWER if status >= 500 or status in _BUSY else NO_PAGE
        elif event.step == "error" and "kind" in event.extra:
            return rule_of(str(event.extra["kind"]), str(event.extra.get("code") or ""))
        elif event.step == "error":
            rule = OTHER
    return rule


def delay_before(rule: Rule, attempt: int) -> float | None:
    """Return the seconds to wait after a failed attempt (1, 2, 3 …); None if there is to be no further one."""
    return rule.delays[attempt - 1] if attempt <= len(rule.delays) else None
