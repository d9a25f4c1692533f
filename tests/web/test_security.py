"""Who may ask: the token, the cookie, Host, Origin and CSRF token, the limits, and the headers of the answers."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse

from tests.cli.logs import FAILED, TEE
from tests.web.conftest import BEARER, ORIGIN, TOKEN
from veritas.server_hosts import Hosts, is_host_name, is_same_origin, url_of
from veritas.web.routes import ENDPOINTS
from veritas.web.security.limits import MAX_BODY, RateLimit
from veritas.web.site import Site

COMPARE = {"audit_ids": [TEE, FAILED]}


def open_session(browser: TestClient) -> None:
    assert browser.get(f"/?token={TOKEN}").status_code == 303


def test_nothing_is_served_without_the_token(browser: TestClient) -> None:
    """No path of the API and no page; a wrong token is one that is missing."""
    paths = [
        each.path.format(id=TEE, other=FAILED, position=1, hash="0" * 64) for each in ENDPOINTS if each.method == "GET"
    ]
    assert len(paths) > 5
    for path in [*paths, "/", f"/audits/{TEE}", "/api/openapi.json", "/api/v1/changes"]:
        assert browser.get(path).status_code == 401, path
        assert browser.get(path, headers={"Authorization": "Bearer wrong"}).status_code in (401, 429), path
    assert browser.get("/", headers={"Accept": "text/html"}).headers["location"] == "/login"


def test_the_token_of_the_url_becomes_a_cookie(browser: TestClient) -> None:
    """Scripts cannot read it, other sites cannot send it, and the token leaves the address."""
    answer = browser.get(f"/audits/{TEE}?token={TOKEN}&x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/audits/{TEE}?x=1")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and TOKEN not in cookie
    assert browser.get("/").status_code == 200


def test_a_cookie_of_another_port_hides_no_session(browser: TestClient, site: Site) -> None:
    """A browser sends the cookies of every server of this machine; some have text that Python's parser refuses."""
    own = f"{site.access.cookie}={site.access.session}"
    for other in ('theme={"a": 1}', "a=b c", "=", "\xe9"):
        assert browser.get("/api/health", headers={"Cookie": f"{other}; {own}".encode()}).status_code == 200, other
    assert browser.get("/api/health", headers={"Cookie": f"{own}x"}).status_code == 401


def test_the_token_does_not_lead_to_another_site(browser: TestClient) -> None:
    """An address that begins with two slashes is another host's."""
    answer = browser.get(f"{ORIGIN}//evil.test/?token={TOKEN}")
    assert answer.headers["location"] == "/evil.test/"


def test_a_guessed_token_is_soon_refused_altogether(browser: TestClient) -> None:
    """After ten wrong ones even the right one has to wait."""
    for _ in range(10):
        assert browser.get("/", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert browser.get("/", headers=BEARER).status_code == 429


@pytest.mark.parametrize("host", ["evil.test", "evil.test:8000", "127.0.0.1.evil.test", "a@127.0.0.1", "", "10.0.0.1"])
def test_another_host_is_refused(client: TestClient, host: str) -> None:
    """A name that another site made lead to this machine (DNS rebinding) is not answered, even with the token."""
    assert client.get("/api/health", headers={"Host": host}).status_code == 421


def test_hosts_of_a_public_address() -> None:
    """An IP address cannot be rebound, so it is answered; a name must be known."""
    hosts = Hosts("0.0.0.0", ["audits.example.com"])
    assert hosts.knows("192.0.2.7:8000") and hosts.knows("Audits.example.com") and hosts.knows("[2001:db8::1]:80")
    assert not hosts.knows("example.com")


def test_the_url_of_a_server_at_all_addresses_can_be_opened() -> None:
    """0.0.0.0 is not an address that a browser can open everywhere, so loopback is named in its place."""
    assert [url_of(host, 80) for host in ("0.0.0.0", "::", "::1", "localhost", "192.0.2.7")] == [
        "http://127.0.0.1:80/",
        "http://[::1]:80/",
        "http://[::1]:80/",
        "http://localhost:80/",
        "http://192.0.2.7:80/",
    ]


@pytest.mark.parametrize("name", ["", "https://a.example", "a.example:443", "*.example", "[::1]", "a b", "ä.example"])
def test_a_name_that_no_request_can_have(name: str) -> None:
    """To allow it would allow nothing."""
    assert not is_host_name(name)
    assert is_host_name("Audits.example.com") and is_host_name("db_1") and is_host_name("2001:db8::1")


@pytest.mark.parametrize(
    "origin", ["http://evil.test", "null", "http://127.0.0.1:8001", "http://[", "ftp://127.0.0.1:8000"]
)
def test_another_origin_is_another_site(origin: str) -> None:
    """The port counts, and so does the scheme."""
    assert not is_same_origin(origin, "127.0.0.1:8000")
    assert is_same_origin(ORIGIN, "127.0.0.1:8000")


def test_a_post_of_another_site_is_refused(browser: TestClient, site: Site) -> None:
    """The cookie alone is not enough: Origin and CSRF token must be the server's own."""
    open_session(browser)
    csrf = {"X-CSRF-Token": site.access.csrf_token}
    for headers in ({}, csrf, {**csrf, "Origin": "http://evil.test"}, {**csrf, "Origin": "null"}, {"Origin": ORIGIN}):
        assert browser.post("/api/audits/compare", json=COMPARE, headers=headers).status_code == 403, headers
    assert browser.post("/api/audits/compare", json=COMPARE, headers={**csrf, "Origin": ORIGIN}).status_code == 200


def test_a_form_sends_the_token_as_a_field(browser: TestClient, site: Site) -> None:
    """It needs no script; without the token it is refused, and the route gets the whole body."""
    open_session(browser)
    token = site.access.csrf_token
    origin = {"Origin": ORIGIN}
    for fields in ({}, {"csrf_token": "wrong"}, {"csrf_token": TOKEN}):
        answer = browser.post("/api/audits/compare", data={"a": "1", **fields}, headers=origin)
        assert (answer.status_code, "CSRF token" in answer.text) == (403, True), fields
    for headers in ({}, {"Origin": "http://evil.test"}):
        assert browser.post("/", data={"csrf_token": token}, headers=headers).status_code == 403
    answer = browser.post("/api/audits/compare", data={"a": "1", "csrf_token": token}, headers=origin)
    assert answer.status_code == 400 and "not JSON" in answer.text  # the token is right, and the route reads the body
    body = b"csrf_token=" + b"x" * MAX_BODY
    form = {**origin, "Content-Type": "application/x-www-form-urlencoded"}
    assert browser.post("/", content=body, headers=form).status_code == 413


def test_a_browser_gets_a_page_that_says_why_it_was_refused(browser: TestClient) -> None:
    """As after a form that was open while the server was started again; a script gets a problem."""
    html, form = {"Accept": "text/html", "Origin": ORIGIN}, {"action": "hold", "csrf_token": "of an older session"}
    page = browser.post("/rollout", data=form, headers=html)
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (401, "text/html")
    assert "<p>No session is open; open the URL that" in page.text and "csrf" not in page.text
    assert "veritas serve" in browser.get("/?token=wrong", headers=html).text.partition("<h1>Unauthorized")[2]
    assert "another site" in browser.post("/rollout", data=form, headers={"Accept": "text/html"}).text
    assert browser.post("/rollout", data=form, headers={"Origin": ORIGIN}).json()["status"] == 401
    open_session(browser)
    page = browser.post("/rollout", data=form, headers=html)
    assert page.status_code == 403
    assert "<p>The request lacks the right CSRF token; load the page again.</p>" in page.text


@pytest.mark.parametrize("origin", ["cross-site", "same-site"])
def test_another_page_uses_up_no_limit(browser: TestClient, origin: str) -> None:
    """Neither that of all requests nor that of wrong tokens; another port of this machine is another page."""
    picture = {"Sec-Fetch-Site": origin, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    frame = {"Sec-Fetch-Site": origin, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    for number in range(420):
        assert browser.get("/?token=wrong", headers=picture if number % 2 else frame).status_code == 403
    link = {**frame, "Sec-Fetch-Dest": "document"}
    assert browser.get(f"/?token={TOKEN}", headers=link).status_code == 303
    assert browser.get("/api/v1/verify", headers=picture).status_code == 403
    assert browser.get("/api/health", headers={**picture, "Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_a_websocket_of_another_site_is_refused(browser: TestClient) -> None:
    """A browser connects a WebSocket to any site, and sends the cookie; its Origin says whose page it is."""
    open_session(browser)
    url = f"ws://127.0.0.1:8000/api/audit/stream/{TEE}"
    for headers in ({}, {"Origin": "http://evil.test"}, {"Origin": "null"}):
        with pytest.raises(WebSocketDenialResponse) as refused, browser.websocket_connect(url, headers=headers):
            pass
        assert refused.value.status_code == 403
    with browser.websocket_connect(url, headers={"Origin": ORIGIN}) as stream:
        assert stream.receive_json()["number"] == 1


def test_every_answer_has_the_security_headers(client: TestClient) -> None:
    """Pages, API, files, errors and refusals; no script or style but the server's own files."""
    for path in ("/", f"/audits/{TEE}", "/api/health", "/static/site.css", "/none", "/api/v1/artifacts/x", "/login"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
    assert "content-security-policy" in client.get("/", headers={"Host": "evil.test"}).headers


def test_an_artifact_cannot_act(client: TestClient, site: Site) -> None:
    """What is not a picture is a file to save, and all of it is in a sandbox."""
    events = client.get(f"/api/v1/runs/{TEE}/events", params={"type": "screenshot"}).json()["events"]
    answer = client.get(f"/api/v1/artifacts/{events[0]['artifact']}")
    assert answer.content == b"PNG"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert client.get(f"/api/v1/artifacts/{'0' * 64}").status_code == 404


def test_hostile_text_is_text(client: TestClient) -> None:
    """No recorded text becomes markup, and no control character reaches the page."""
    page = client.get(f"/audits/{FAILED}").text
    assert "\x1b" not in page and "\u202e" not in page


def test_a_page_has_no_script_or_style_of_its_own(client: TestClient) -> None:
    """The policy forbids it, so such a page would not work."""
    for path in ("/", f"/audits/{TEE}", "/login"):
        page = client.get(path).text
        assert "style=" not in page and "<style" not in page and "onclick" not in page
        assert page.count("<script") == page.count('<script type="module" src="/static/')


def test_a_large_body_is_refused(client: TestClient) -> None:
    """It is not read to its end."""
    assert client.post("/api/audits/compare", content=b" " * (MAX_BODY + 1)).status_code == 413


def test_the_rate_is_limited_for_each_client() -> None:
    """A burst, then so many a second; another client has its own."""
    now = 0.0
    limit = RateLimit(2, 1, clock=lambda: now)
    assert [limit.allows("a") for _ in range(3)] == [True, True, False]
    assert limit.allows("b")
    now = 1.0
    assert [limit.allows("a") for _ in range(2)] == [True, False]


def test_a_bug_is_an_id_and_no_traceback(
    client: TestClient, site: Site, reported: list[tuple[BaseException, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client gets the id, and the server's output the error."""
    monkeypatch.setattr(site.archive, "resolve", lambda audit: 1 / 0)
    answer = client.get(f"/api/audit/{TEE}/status")
    assert answer.status_code == 500
    (error, id), body = reported[0], answer.json()
    assert isinstance(error, ZeroDivisionError)
    assert body["id"] == id and "division" not in answer.text and "Traceback" not in answer.text


def test_actions_must_be_allowed(client: TestClient) -> None:
    """Without --allow-actions no audit is started."""
    answer = client.post("/api/audit/start", json={"url": "https://example.com/"})
    assert (answer.status_code, "--allow-actions" in answer.text) == (403, True)
