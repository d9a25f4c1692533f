"""The summaries and fields of the events that the orchestrator emits for an audit's start, end and errors."""

from __future__ import annotations

import msgspec

from veritas.audit.browser import Browser
from veritas.audit.egress.guard import Guard
from veritas.audit.verdict import Verdict
from veritas.core.egress_events import EgressOutcome


class AuditStart(msgspec.Struct, frozen=True):
    """The requested audit: the summary of `init/starting`.

    Attributes:
        url: The address to audit.
        tier: The name of the tier.
        pages: How many pages the tier visits at most.
        timeout: The seconds that the audit may take; logs from before this field have none.
        visit_timeout: The seconds that a page may take to arrive and load; logs from before this field have none.
        limits: How much each visit of a page may take, by the names of `--limit`; logs from before this field have
            none.
        screenshots: What it takes pictures of: `none`, `viewport` (the window) or `full` (the window and the whole
            page); logs from before this field have none.
    """

    url: str
    tier: str
    pages: int
    timeout: float | msgspec.UnsetType = msgspec.UNSET
    visit_timeout: float | msgspec.UnsetType = msgspec.UNSET
    limits: dict[str, int] | msgspec.UnsetType = msgspec.UNSET
    screenshots: str | msgspec.UnsetType = msgspec.UNSET


class BrowserStart(msgspec.Struct, frozen=True):
    """The running browser: the summary of `init/done`.

    Attributes:
        browser: The browser's version.
        proxies: The proxy by the scheme of the URLs that go through it, without a login; missing if nothing does.
        direct: The hosts that are reached directly nevertheless; missing if nothing goes through a proxy.
        sandbox: `on` if the browser's renderers are in its sandbox, else why they are not and what helps; logs from
            before this field have none.
        private_hosts: The hosts that may be reached although they are not public, as `HOST` or `HOST:PORT`: the target
            if it is local, and those of `--allow-private`; logs from before this field have none.
        audits_before: How many audits the same browser did before this one, in other profiles; logs from before this
            field have none.
    """

    browser: str
    proxies: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    direct: list[str] | msgspec.UnsetType = msgspec.UNSET
    sandbox: str | msgspec.UnsetType = msgspec.UNSET
    private_hosts: list[str] | msgspec.UnsetType = msgspec.UNSET
    audits_before: int | msgspec.UnsetType = msgspec.UNSET

    @classmethod
    def of(cls, browser: Browser, guard: Guard) -> BrowserStart:
        """Return the summary of *browser*, which reaches the network through *guard*."""
        network, opened = guard.network, [str(host) for host in guard.policy.opened]
        sandbox = str(browser.sandbox)
        if not network.proxies:
            return cls(browser.version, sandbox=sandbox, private_hosts=opened, audits_before=browser.audits_before)
        by_scheme = {"http": network.http, "https": network.https}
        proxies = {scheme: proxy.url for scheme, proxy in by_scheme.items() if proxy}
        direct = [str(hosts) for hosts in network.direct]
        return cls(browser.version, proxies, direct, sandbox, opened, browser.audits_before)


class FailureFields(msgspec.Struct, frozen=True):
    """The additional fields of an `error` event.

    Attributes:
        error: The name of the error's class, or `interrupted`.
        traceback: The traceback of an unexpected error; unset for an expected one.
        kind: Where the cause of a failed visit is: `page`, `tab`, `browser`, `driver`, `machine` or `time_limit`;
            unset for another error.
        code: Chromium's name of the network's error, such as `ERR_NAME_NOT_RESOLVED`; unset for another error.
    """

    error: str
    traceback: str | msgspec.UnsetType = msgspec.UNSET
    kind: str | msgspec.UnsetType = msgspec.UNSET
    code: str | msgspec.UnsetType = msgspec.UNSET


class AuditOutcome(msgspec.Struct, frozen=True):
    """The outcome of an audit: the summary of `complete/done` and `complete/error`.

    Attributes:
        status: `completed` or `failed`.
        errors: The error of each phase that failed, by its name.
        verdict: The judge's verdict; None if the judge failed.
        out_of_time: The phases that had not enough time, so that the verdict rests on less; logs from before this field
            have none.
        egress: What the audit connected to, and what it was refused; logs from before this field have none.
    """

    status: str
    errors: dict[str, str]
    verdict: Verdict | None
    out_of_time: list[str] | msgspec.UnsetType = msgspec.UNSET
    egress: EgressOutcome | msgspec.UnsetType = msgspec.UNSET
