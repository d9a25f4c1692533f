"""The security phase: its events, findings and summary."""

from typing import Any, cast

import msgspec
import pytest

from tests.audit import facts
from tests.audit.conftest import Site
from tests.audit.headers.servers import PublicWeb
from veritas.audit import scout, security
from veritas.audit.browser import Browser
from veritas.audit.finding import SEVERITIES, SIGNALS
from veritas.audit.headers import OUTCOMES, TESTS
from veritas.audit.headers.outcomes import Outcome
from veritas.audit.phase import PhaseContext, Summaries
from veritas.audit.summaries import ScoutSummary
from veritas.audit.tier import tier_named
from veritas.audit.time_limits import Deadline
from veritas.errors import PageError
from veritas.events.json import json_values

HTML = ("Content-Type", "text/html")
HTTP, HTTPS = "http://shop.example.org/", "https://shop.example.org/"
GOOD = [
    HTML,
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Strict-Transport-Security", "max-age=63072000"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Embedder-Policy", "require-corp"),
    ("Set-Cookie", "session=1; Secure; HttpOnly; SameSite=Strict"),
]


class Emitted:
    """The events that a phase emits."""

    def __init__(self) -> None:
        self.events: list[tuple[str, float, dict[str, Any]]] = []

    def __call__(
        self, step: str, pct: float, detail: str = "", *, summary: msgspec.Struct | None = None, **fields: Any
    ) -> None:
        self.events.append((step, pct, {"detail": detail, "summary": json_values(summary), **fields}))

    def of(self, step: str) -> list[dict[str, Any]]:
        """Return the fields of each event of *step*."""
        return [fields for each, _, fields in self.events if each == step]


def context_of(browser: Browser | PublicWeb, url: str, scout: ScoutSummary | None = None) -> PhaseContext:
    """Return a context for the phase alone."""
    tier = tier_named("quick_scan")
    return PhaseContext("security", url, tier, cast(Browser, browser), Emitted(), Summaries(scout))


async def run(context: PhaseContext) -> dict[str, Any]:
    """Run the phase and return its summary as JSON values."""
    return facts.as_json(await security.run(context))


async def visit(browser: Browser, url: str) -> ScoutSummary:
    """Return the parts of the scout's summary of a visit to *url* that this phase reads."""
    async with await browser.visit(url) as tab:
        page = facts.page(
            tab.url,
            status=tab.status,
            headers=list(tab.headers),
            redirects=list(tab.redirects),
            requests=list(tab.requests),
        )
        return facts.scouted(page, cookies=await browser.cookies())


async def test_each_failed_check_is_a_finding(browser: Browser, site: Site) -> None:
    """The finding names the header, and every other test has passed or is unknown."""
    url = site.page(
        "/",
        "<script src=https://cdn.example.net/a.js></script>",
        headers={"X-Frame-Options": "maybe", "Set-Cookie": "sess=1"},
    )
    context = context_of(browser, url, await visit(browser, url))
    summary = await run(context)
    failed = {check["result"] for check in summary["checks"] if not check["passed"]}
    assert failed == {
        "csp-not-implemented",
        "x-frame-options-header-invalid",
        "x-content-type-options-not-implemented",
        "cookies-session-without-httponly-flag",
        "sri-not-implemented-but-external-scripts-loaded-securely",
    }
    assert {finding.kind for finding in context.findings} == failed
    framing = next(finding for finding in context.findings if finding.kind.startswith("x-frame"))
    assert (framing.severity, framing.signal, framing.url) == ("medium", "security", url)
    assert framing.evidence["header"] == "x-frame-options"
    assert framing.evidence["value"] == "maybe"
    assert framing.evidence["measured"] == {"test": "x-frame-options", "modifier": -20}
    assert summary["score"] == 100 - 25 - 20 - 5 - 30 - 5
    assert summary["grade"] == "F"
    assert (summary["passed"], summary["failed"], len(summary["unknown"])) == (5, 5, 2)


async def test_on_loopback_the_tests_of_encryption_do_not_apply(browser: Browser, site: Site) -> None:
    """Nothing has to be encrypted on this machine, and such tests cost no points."""
    url = site.page(
        "/",
        "<form method=post><input type=password>",
        headers=[pair for pair in GOOD if pair[0] != "Set-Cookie"] + [("Set-Cookie", "sess=1; HttpOnly; SameSite=Lax")],
    )
    context = context_of(browser, url, await visit(browser, url))
    summary = await run(context)
    assert [(each["test"], each["applies"]) for each in summary["unknown"]] == [
        ("redirection", False),
        ("strict-transport-security", False),
    ]
    assert summary["loopback"] is True
    assert context.findings == []
    cookies = next(check for check in summary["checks"] if check["test"] == "cookies")
    assert cookies["passed"] and "Secure is not required" in cookies["detail"]
    assert [(cookie["name"], cookie["secure"], cookie["faults"]) for cookie in summary["cookies"]] == [
        ("sess", False, [])
    ]
    assert summary["grade"] == "A+"


async def test_every_test_is_a_step(browser: Browser, site: Site) -> None:
    """Each test reports its outcome between 27 and 30 percent; the summary contains JSON values only."""
    context = context_of(browser, site.page("/", ""))
    summary = await run(context)
    emitted = cast(Emitted, context.emit)
    percents = [pct for _, pct, _ in emitted.events]
    assert percents == sorted(percents) and percents[0] == 27 and percents[-1] <= 30
    steps = [fields["summary"] for fields in emitted.of("check")]
    assert [step["test"] for step in steps] == list(TESTS)
    for step in steps:
        if step["result"] in ("unknown", "not_applicable"):
            assert step["passed"] is None and step["reason"]
        else:
            assert step["modifier"] == OUTCOMES[step["test"]][step["result"]].modifier
    assert summary["algorithm"] == "MDN HTTP Observatory 6"


async def test_without_a_visit_the_server_is_asked(browser: Browser, site: Site) -> None:
    """If the scout failed, headers, cookies and forms come from the server."""
    url = site.page("/", "<form action=http://other.example/ method=post><input>", headers={"Set-Cookie": "a=1"})
    context = context_of(browser, url)
    summary = await run(context)
    assert summary["forms"][0]["risks"] == ["form_in_clear", "form_to_other_site"]
    assert [cookie["name"] for cookie in summary["cookies"]] == ["a"]
    assert {"form_in_clear", "form_to_other_site"} < {finding.kind for finding in context.findings}


async def test_the_scouts_summary_is_read(browser: Browser, site: Site) -> None:
    """The phase uses the scout's forms with their selectors, cookies and redirects."""
    form = "<form id=f action=http://other.example/in method=post><input type=password></form>"
    site.page("/shop", f"<title>Shop</title>{form}<script>document.cookie = 'js=1'</script>")
    site.page("/", "", status=302, headers=[("Location", "/shop"), ("Set-Cookie", "sess=1; HttpOnly; Path=/")])
    context = context_of(browser, site.url("/"))
    context.summaries = Summaries(await scout.run(context))
    summary = await run(context)
    assert [(cookie["name"], cookie["origin"], cookie["session"]) for cookie in summary["cookies"]] == [
        ("sess", "http", True),
        ("js", "other", True),
    ]
    leak = next(finding for finding in context.findings if finding.kind == "secrets_in_clear")
    assert leak.url == site.url("/shop") and leak.evidence["selector"]
    assert summary["forms"][0]["secrets"] == ["password"]


async def test_without_any_response_the_phase_fails(browser: Browser) -> None:
    """If the scout visited no page and the site does not answer, there is nothing to check."""
    with pytest.raises(PageError):
        await run(context_of(browser, "http://127.0.0.1:1/"))


async def test_a_site_without_faults_has_full_credit() -> None:
    """A public site that passes every test has all extra credit and no finding."""
    web = PublicWeb({HTTP: (301, [("Location", HTTPS)], ""), HTTPS: (200, GOOD, "<p>")})
    context = context_of(web, HTTPS)
    summary = await run(context)
    assert summary["unknown"] == [] and context.findings == []
    assert summary["score"] == 100 + 10 + 5 + 5 + 5 + 10 + 10 + 10
    assert all(check["passed"] for check in summary["checks"])


async def test_each_kind_of_mixed_content_is_one_finding() -> None:
    """Both the browser's requests and the HTML of the start page count."""
    html = "<img src=http://a.example/x.png><link rel=stylesheet href=http://a.example/x.css>"
    request = {
        "url": "http://a.example/x.js",
        "resource_type": "script",
        "method": "GET",
        "status": None,
        "failure": "x",
    }
    pages = [
        facts.page(HTTPS, headers=[HTML], requests=[request]),
        facts.page(f"{HTTPS}two", headers=[HTML]),
    ]
    web = PublicWeb({HTTPS: (200, [HTML], html)})
    context = context_of(web, HTTPS, facts.scouted(*pages))
    summary = await run(context)
    assert [(item["url"][-3:], item["active"]) for item in summary["mixed_content"]] == [
        (".js", True),
        ("png", False),
        ("css", True),
    ]
    found = {finding.kind: finding for finding in context.findings if finding.kind.startswith("mixed")}
    assert {kind: finding.severity for kind, finding in found.items()} == {
        "mixed_content_active": "high",
        "mixed_content_passive": "low",
    }
    assert found["mixed_content_active"].evidence["measured"]["count"] == 2


async def test_a_policy_can_upgrade_mixed_content() -> None:
    """A page with upgrade-insecure-requests makes browsers load its resources over https:."""
    policy = ("Content-Security-Policy", "default-src 'self'; upgrade-insecure-requests")
    web = PublicWeb({HTTPS: (200, [HTML, policy], "<img src=http://a.example/x.png>")})
    assert (await run(context_of(web, HTTPS)))["mixed_content"] == []


async def test_a_form_is_reported_once() -> None:
    """The same login form on every page of a site is one finding, on the first page."""
    form = {"action": HTTP, "method": "post", "selector": "#login", "fields": [{"type": "password"}]}
    pages = [facts.page(url, headers=[HTML], forms=[form]) for url in (HTTPS, f"{HTTPS}two")]
    context = context_of(PublicWeb({HTTPS: (200, [HTML], "")}), HTTPS, facts.scouted(*pages))
    summary = await run(context)
    assert len(summary["forms"]) == 1
    (finding,) = [finding for finding in context.findings if finding.kind == "secrets_in_clear"]
    assert (finding.severity, finding.url, finding.evidence["selector"]) == ("critical", HTTPS, "#login")


async def test_findings_use_the_judges_words(browser: Browser, site: Site) -> None:
    """The judge knows each finding's severity and signal; each finding has a title, a detail and evidence."""
    url = site.page("/", "<form action=http://other.example/><input type=password>")
    context = context_of(browser, url)
    await run(context)
    for finding in context.findings:
        assert finding.severity in SEVERITIES and finding.signal in SIGNALS
        assert finding.title and finding.detail.endswith(".") and finding.evidence["measured"]
        assert 0 < finding.confidence <= 1


@pytest.mark.parametrize(
    ("modifier", "severity"),
    [(-5, "low"), (-10, "medium"), (-25, "medium"), (-30, "high"), (-40, "high"), (-50, "critical")],
)
def test_severity_follows_the_score(modifier: int, severity: str) -> None:
    """A check that costs more points is more severe."""
    assert Outcome(modifier, False, "It fails.").severity == severity


async def test_a_site_that_answers_too_late_leaves_tests_without_an_answer(browser: Browser, site: Site) -> None:
    """The phase ends at its deadline with what the browser has seen, and says that it had too little time."""
    visited = await visit(browser, site.page("/", "Text", headers={"X-Content-Type-Options": "nosniff"}))
    site.hang("/")
    context = context_of(browser, site.url(), visited)
    context.deadline = Deadline(0.5)
    summary = await run(context)
    assert context.deadline.is_missed
    assert "x-content-type-options" in {check["test"] for check in summary["checks"]}
    unknown = {test["test"]: test["reason"] for test in summary["unknown"]}
    assert "The time of the phase, 0.5 s, was over" in unknown["cross-origin-resource-sharing"]


async def test_a_site_that_nothing_is_known_of_in_time_is_no_fault_of_its_own(browser: Browser, site: Site) -> None:
    """The error says that the time was over."""
    context = context_of(browser, site.hang("/"))
    context.deadline = Deadline(0.2)
    with pytest.raises(PageError) as caught:
        await run(context)
    assert caught.value.kind == "time_limit"
