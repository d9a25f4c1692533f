"""The facts of a page describe what a visitor could see."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.audit.conftest import Site as Server
from tests.audit.facts import as_json
from veritas.audit.browser import Browser
from veritas.audit.page_facts import MAX_LIST, MAX_TEXT, login_reason, read_page
from veritas.audit.site import Site
from veritas.errors import PageError
from veritas.events.progress import ProgressEvent, decode_event, encode_event


async def facts_of(browser: Browser, server: Server, html: str, **options: Any) -> dict[str, Any]:
    """Return the facts of a page."""
    url = server.page("/", html, **options)
    async with await browser.visit(url, timeout=20) as tab:
        return as_json(await read_page(tab, Site.of(url), await browser.cookies()))


async def test_a_page_has_its_basic_facts(browser: Browser, site: Server) -> None:
    """They are title, language, description, canonical address, text and size."""
    facts = await facts_of(
        browser,
        site,
        "<!doctype html><html lang=en-GB><title> A\n shop </title><meta name=Description content='Sells tea'>"
        "<link rel=canonical href=/home><body style='margin:0'><h1>Tea</h1><p hidden>secret</p><p>for   two</p>"
        "<div style='height: 2000px'></div>",
        headers={"X-Shop": "1"},
    )
    assert (facts["title"], facts["language"], facts["description"]) == ("A shop", "en-GB", "Sells tea")
    assert facts["canonical"] == site.url("/home")
    assert facts["text"] == "Tea\nfor two" and facts["text_length"] == 11
    assert facts["size"]["width"] == 1366 and facts["size"]["height"] > 2000
    assert (facts["status"], facts["complete"], facts["content_type"]) == (200, True, "text/html")
    assert ["X-Shop", "1"] in facts["headers"]
    assert 0 < facts["timing"]["response_ms"] <= facts["timing"]["loaded_ms"]


async def test_an_empty_page_has_empty_facts(browser: Browser, site: Server) -> None:
    """This holds for every media type."""
    for html, media_type in (("", "text/html"), ("<a><b>x</b></a>", "text/xml"), ("x", "text/plain")):
        facts = await facts_of(browser, site, html, headers={"Content-Type": media_type})
        assert (facts["title"], facts["canonical"], facts["links_internal"], facts["forms"]) == ("", "", [], [])
    frames = await facts_of(browser, site, "<frameset cols=*><frame src=/none></frameset>")
    assert frames["iframes"][0]["url"] == site.url("/none")


async def test_a_form_as_the_root_hides_nothing(browser: Browser, site: Server) -> None:
    """Its controls' names hide properties of the element, which are therefore read from the prototype."""
    names = "".join(f'<input name="{name}"/>' for name in ("outerHTML", "scrollWidth", "scrollHeight", "querySelector"))
    html = f'<form xmlns="http://www.w3.org/1999/xhtml" action="/x"><p>Hello</p>{names}</form>'
    facts = await facts_of(browser, site, html, headers={"Content-Type": "application/xhtml+xml"})
    assert facts["text"] == "Hello"
    assert facts["html_size"] > 100
    assert facts["size"]["width"] == 1366 and facts["size"]["height"] > 0


async def test_facts_of_impossible_types_fail_only_their_page(
    browser: Browser, site: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page counts as one that could not be visited; no other page of the audit is lost."""
    url = site.page("/", "<p>Text")
    async with await browser.visit(url, timeout=20) as tab:

        async def inspect(*_: object, **__: object) -> dict[str, Any]:
            return {"title": {}}

        monkeypatch.setattr(tab, "inspect", inspect)
        with pytest.raises(PageError, match="hides what it contains"):
            await read_page(tab, Site.of(url), await browser.cookies())


async def test_links_are_separated_by_site(browser: Browser, site: Server) -> None:
    """Each URL is listed once, without its fragment; mail and phone are separate; other schemes are ignored."""
    facts = await facts_of(
        browser,
        site,
        "<a href=/a#x>First</a><a href=/a>Again</a><a href='b?c=1' download rel=nofollow><img alt=Picture></a>"
        "<map name=m><area href=/area alt=Area></map><a href=//other.example/x>Other</a>"
        "<a href=javascript:void(0)>J</a>"
        f"<a href='{site.url('/c', host='localhost')}'>elsewhere on this machine</a><a href='http://[bad'>Bad</a>"
        "<a href='mailto:Shop@Example.com?subject=hi'>M</a><a href='tel:+44 113 496 0142'>T</a><a href=#top>Top</a>"
        "<x-y></x-y><script>document.querySelector('x-y').attachShadow({mode: 'open'})"
        ".innerHTML = '<a href=/shadow>In the shadow</a>'</script>",
    )
    internal = {link["url"].removeprefix(site.url("/")): link for link in facts["links_internal"]}
    assert list(internal) == ["a", "b?c=1", "area", "", "shadow"]
    assert internal["a"]["text"] == "First"
    assert internal["b?c=1"] | {"url": ""} == {"url": "", "text": "Picture", "rel": "nofollow", "download": True}
    assert [link["url"] for link in facts["links_external"]] == [
        "http://other.example/x",
        site.url("/c", host="localhost"),
    ]
    assert (facts["mail"], facts["phone"]) == (["Shop@Example.com"], ["+44 113 496 0142"])
    assert "In the shadow" in facts["text"]


async def test_forms_have_their_fields(browser: Browser, site: Server) -> None:
    """This includes a box that a script ticked, a field outside its form, and a button with another action."""
    facts = await facts_of(
        browser,
        site,
        "<form id=order action=/order method=POST><label>E-mail <input type=email name=mail required></label>"
        "<input type=checkbox name=extra checked aria-label='Insurance £5'><input type=checkbox name=news id=news>"
        "<input type=hidden name=token value=secret><select name=size></select><textarea name=note></textarea>"
        "<button>Buy</button><input type=submit value='Ask' formaction=/ask></form>"
        "<input name=late form=order placeholder='Too late'><input name=loose style='display:none'>"
        "<form></form><script>news.checked = true</script>",
    )
    order, empty, loose = facts["forms"]
    assert (order["action"], order["method"], order["selector"]) == (site.url("/order"), "post", "#order")
    fields = {field["name"]: field for field in order["fields"]}
    assert list(fields) == ["mail", "extra", "news", "token", "size", "note", "late"]
    assert fields["mail"]["required"] and fields["mail"]["label"] == "E-mail" and fields["mail"]["type"] == "email"
    assert fields["extra"]["prechecked"] and fields["extra"]["label"] == "Insurance £5"
    assert fields["news"]["prechecked"] and not fields["token"]["visible"] and "secret" not in json.dumps(facts)
    assert fields["late"]["label"] == "Too late"
    assert (order["buttons"], order["formactions"]) == (["Buy", "Ask"], [site.url("/ask")])
    assert (empty["action"], empty["method"], facts["forms_count"]) == (site.url("/"), "get", 2)
    assert (loose["action"], loose["method"]) == ("", "")
    assert [(field["name"], field["visible"]) for field in loose["fields"]] == [("loose", False)]


async def test_resources_of_a_page_are_listed(browser: Browser, site: Server) -> None:
    """They are scripts, style sheets, frames, storage, cookies and third-party hosts."""
    other = site.url("", host="localhost")
    site.page("/frame", "Framed")
    facts = await facts_of(
        browser,
        site,
        f"<script src={other}/x.js integrity=sha384-x crossorigin=anonymous></script><script type=module src=m.js>"
        "</script><script>localStorage.a = 1; sessionStorage.b = 1; sessionStorage.c = 1; document.cookie = 'd=1'"
        "</script><script type=application/ld+json>{}</script><link rel=stylesheet href=/s.css>"
        "<iframe src=/frame title=F sandbox></iframe><iframe srcdoc=hello></iframe><iframe></iframe>",
    )
    assert facts["scripts"] == [
        {"url": f"{other}/x.js", "integrity": "sha384-x", "crossorigin": "anonymous", "type": ""},
        {"url": site.url("/m.js"), "integrity": "", "crossorigin": None, "type": "module"},
    ]
    assert (facts["scripts_count"], facts["inline_scripts_count"]) == (2, 1)
    assert facts["stylesheets"][0]["url"] == site.url("/s.css")
    frames = [(frame["url"], frame["title"], frame["sandbox"]) for frame in facts["iframes"]]
    assert frames == [(site.url("/frame"), "F", ""), ("about:srcdoc", "", None), ("about:blank", "", None)]
    assert facts["storage"] == {"local": 1, "session": 2}
    assert [cookie["name"] for cookie in facts["cookies"]] == ["d"]
    assert facts["third_party_hosts"] == ["localhost"]
    assert site.url("/m.js") in {request["url"] for request in facts["requests"]}
    assert any("404" in error for error in facts["console_errors"])


async def test_a_page_cannot_change_its_facts(browser: Browser, site: Server) -> None:
    """Neither scripts that redefine the DOM nor elements named like its methods have an effect."""
    facts = await facts_of(
        browser,
        site,
        "<title>Real</title><img name=querySelectorAll><img name=body><img name=title><form action=/real method=post>"
        "<input name=action><input name=method><input name=getAttribute><input name=elements><input name=parentElement>"
        "</form><a href=/real>Real</a><script>Array.prototype.map = Array.prototype.filter = () => [];"
        "Element.prototype.querySelectorAll = () => []; Element.prototype.getAttribute = () => 'fake';"
        "Object.prototype.toJSON = () => 'fake'</script>",
    )
    assert facts["title"] == "Real"
    assert [link["url"] for link in facts["links_internal"]] == [site.url("/real")]
    (form,) = facts["forms"]
    assert (form["action"], form["method"], len(form["fields"])) == (site.url("/real"), "post", 5)


async def test_lists_and_texts_have_a_maximum_length(browser: Browser, site: Server) -> None:
    """The true numbers are separate facts."""
    script = "for (let i = 0; i < 700; i++) document.write(`<a href=/${i}>${'word '.repeat(40)}</a><form></form>`)"
    facts = await facts_of(browser, site, f"<script>{script}</script>")
    assert len(facts["links_internal"]) == len(facts["forms"]) == MAX_LIST
    assert (facts["links_internal_count"], facts["forms_count"]) == (700, 700)
    assert len(facts["text"]) == MAX_TEXT < facts["text_length"]
    assert all(len(link["text"]) <= 300 for link in facts["links_internal"])


async def test_no_text_is_cut_inside_a_character(browser: Browser, site: Server) -> None:
    """A character of two UTF-16 units at the limit is left out as a whole."""
    long = "a" * 299 + "😀 tail"
    facts = await facts_of(browser, site, f"<title>{long}</title><a href=/>{long}</a><p>{'😀' * MAX_TEXT}</p>")
    assert facts["title"] == facts["links_internal"][0]["text"] == "a" * 299
    assert not any("\ud800" <= character <= "\udfff" for character in facts["text"])


async def test_facts_with_any_text_can_be_encoded_and_decoded(browser: Browser, site: Server) -> None:
    """The text may contain half a surrogate pair, or a NUL."""
    script = "document.title = 'half \\ud800'; document.body.append('nul \\0 😀')"
    facts = await facts_of(browser, site, f"<body><script>{script}</script>")
    assert "half \ud800" in facts["title"] or "half \ufffd" in facts["title"]
    assert decode_event(encode_event(ProgressEvent(summary=facts))).summary == facts


LOGIN_FORM = "<form><input type=password autocomplete='{}'></form>"


@pytest.mark.parametrize(
    ("html", "demands"),
    [
        (f"<h1>Log in</h1>{LOGIN_FORM.format('current-password')}", True),
        (f"<h1>Join</h1>{LOGIN_FORM.format('new-password')}", False),
        (f"<p>{'A page with more to say. ' * 100}</p>{LOGIN_FORM.format('')}", False),
        (f"<div hidden>{LOGIN_FORM.format('')}</div>", False),
        ("<form><input type=password><input type=password></form>", False),
    ],
)
async def test_a_page_with_little_except_a_login_form_requires_a_login(
    browser: Browser, site: Server, html: str, demands: bool
) -> None:
    """A sign-up form, a login form on a page with other content, and a hidden form do not count."""
    facts = await facts_of(browser, site, html)
    assert facts["requires_login"] is demands and bool(facts["login_reason"]) is demands


def test_refusals_and_redirects_to_a_login_require_a_login() -> None:
    """A login page that was requested does not count."""
    account, login = "https://a.example/account", "https://a.example/users/sign_in?next=/account"
    assert "HTTP 401" in login_reason(account, account, 401, [], 0)
    assert "HTTP 403" in login_reason(account, account, 403, [], 0)
    assert login in login_reason(account, login, 200, [], 0)
    assert login_reason(login, login, 200, [], 0) == ""
    assert login_reason(account, "https://a.example/blogging", 200, [], 0) == ""
