"""Mixed content of pages."""

from tests.audit.facts import request as request_record
from veritas.audit.browser_records import RequestRecord
from veritas.audit.headers.markup import Resource
from veritas.audit.headers.mixed_content import MixedContent, find_mixed_content

PAGE = "https://shop.example.org/"


def request(url: str, kind: str, status: int | None = 200) -> RequestRecord:
    """Return a request of the browser as a visit records it."""
    return request_record(url=url, resource_type=kind, status=status)


def test_images_and_media_are_passive_and_the_rest_is_active() -> None:
    """Each URL counts once; the browser's request takes precedence over the HTML."""
    mixed = find_mixed_content(
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
    assert mixed == [
        MixedContent(PAGE, "http://a.example/x.js", "script", active=True),
        MixedContent(PAGE, "ws://a.example/live", "websocket", active=True, status=200),
        MixedContent(PAGE, "http://a.example/z.mp4", "media", active=False, status=200),
        MixedContent(PAGE, "http://a.example/y.png", "img", active=False),
    ]


def test_what_does_not_cross_the_network_is_not_mixed_content() -> None:
    """Loopback URLs, data: URLs and invalid URLs do not cross the network."""
    urls = ["http://localhost:8000/x.js", "http://127.0.0.1/x", "data:text/css,", "", "blob:https://a/1"]
    assert find_mixed_content(PAGE, [Resource(url, "script", active=True) for url in urls], []) == []


def test_only_encrypted_pages_have_mixed_content() -> None:
    """A page that came over http: has none."""
    image = Resource("http://a.example/", "img", active=False)
    assert find_mixed_content("http://shop.example.org/", [image], []) == []
