"""What an encrypted page loads without encryption."""

from veritas.audit.headers.markup import Resource
from veritas.audit.headers.mixed_content import MixedContent, find_mixed_content

PAGE = "https://shop.example.org/"


def request(url: str, kind: str, status: int | None = 200) -> dict[str, object]:
    """Return a request as a visit records it."""
    return {"url": url, "resource_type": kind, "method": "GET", "status": status, "failure": None}


def test_requests_and_markup_are_told_by_what_they_can_do() -> None:
    """Pictures and media are passive, all else is active; an address counts once, as the browser asked for it."""
    found = find_mixed_content(
        PAGE,
        [
            Resource("http://a.example/x.js", "script", active=True),
            Resource("http://a.example/y.png", "img", active=False),
        ],
        [
            request("http://a.example/x.js", "script", None),
            request("ws://a.example/live", "websocket"),
            request("http://a.example/z.mp4", "media"),
            request("https://a.example/safe.js", "script"),
        ],
    )
    assert found == [
        MixedContent(PAGE, "http://a.example/x.js", "script", active=True),
        MixedContent(PAGE, "ws://a.example/live", "websocket", active=True, status=200),
        MixedContent(PAGE, "http://a.example/z.mp4", "media", active=False, status=200),
        MixedContent(PAGE, "http://a.example/y.png", "img", active=False),
    ]


def test_what_stays_on_the_machine_is_not_mixed() -> None:
    """Loopback, data: and what is no address at all cross no network."""
    urls = ["http://localhost:8000/x.js", "http://127.0.0.1/x", "data:text/css,", "", "blob:https://a/1"]
    assert find_mixed_content(PAGE, [Resource(url, "script", active=True) for url in urls], []) == []


def test_only_encrypted_pages_have_mixed_content() -> None:
    """On a page that is not encrypted everything comes as it does."""
    assert (
        find_mixed_content("http://shop.example.org/", [Resource("http://a.example/", "img", active=False)], []) == []
    )
