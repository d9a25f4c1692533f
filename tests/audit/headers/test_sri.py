"""The test `subresource-integrity`."""

import pytest

from tests.audit.headers.responses import URL, responses
from veritas.audit.headers.sri import check_sri

OWN = "not-implemented-but-all-scripts-loaded-from-secure-origin"
INSECURE = "not-implemented-and-external-scripts-not-loaded-securely"
INSECURE_WITH_HASH = "implemented-but-external-scripts-not-loaded-securely"
WITHOUT_HASH = "not-implemented-but-external-scripts-loaded-securely"
HASH = "integrity=sha384-abc"
CDN = "https://cdn.example.net/a.js"


@pytest.mark.parametrize(
    ("html", "result"),
    [
        ("<p>", "not-implemented-but-no-scripts-loaded"),
        ("<script>1</script>", OWN),
        ("<script src=/a.js></script>", OWN),
        ("<script src=https://cdn.example.org/a.js></script>", OWN),
        ("<script src=http://www.example.org/a.js></script>", OWN),
        (f"<script src=/a.js {HASH}></script>", "implemented-and-all-scripts-loaded-securely"),
        (f"<script src=https://cdn.example.org/a.js {HASH}></script>", "implemented-and-all-scripts-loaded-securely"),
        (f"<script src={CDN} {HASH}></script>", "implemented-and-external-scripts-loaded-securely"),
        (
            f"<script src={CDN} {HASH}></script><script>1</script>",
            "implemented-and-external-scripts-loaded-securely",
        ),
        (f"<script src={CDN}></script>", WITHOUT_HASH),
        (f"<script src={CDN} integrity=''></script>", WITHOUT_HASH),
        ("<script src=HTTPS://cdn.example.net/a.js></script>", WITHOUT_HASH),
        (f"<script src=http://cdn.example.net/a.js {HASH}></script>", INSECURE_WITH_HASH),
        (f"<script src=//cdn.example.net/a.js {HASH}></script>", INSECURE_WITH_HASH),
        ("<script src=http://cdn.example.net/a.js></script>", INSECURE),
        ("<script src=//shop.example.org/a.js></script>", INSECURE),
        (r"<script src=\\cdn.example.net\a.js></script>", INSECURE),
        (
            f"<script src=/a.js {HASH}></script><script src={CDN}></script><script src={CDN} {HASH}></script>",
            WITHOUT_HASH,
        ),
        (f"<script src={CDN}></script><script src=http://cdn.example.net/a.js {HASH}></script>", WITHOUT_HASH),
    ],
)
def test_the_most_severe_script_decides(html: str, result: str) -> None:
    """The outcome depends on the scripts' hosts, schemes and integrity hashes."""
    check = check_sri(responses({"Content-Type": "text/html; charset=utf-8"}, html=html))
    assert check.result == f"sri-{result}"
    assert check.passed == (check.modifier >= 0)


def test_own_scripts_on_an_http_page_earn_nothing() -> None:
    """An integrity hash does not make a script safe if its page comes over http:."""
    site = responses(html=f"<script src=/a.js {HASH}></script>", url="http://shop.example.org/")
    assert check_sri(site).result == f"sri-{OWN}"


@pytest.mark.parametrize(
    ("page", "script", "is_own"),
    [
        ("https://shop.example.co.uk/", "https://evil.example2.co.uk/a.js", False),
        ("https://shop.example.co.uk/", "https://cdn.example.co.uk/a.js", True),
        ("https://one.github.io/", "https://two.github.io/a.js", False),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:9000/a.js", True),
        ("http://127.0.0.1:8000/", "http://localhost/a.js", False),
        (URL, "https://[::1/a.js", False),
    ],
)
def test_a_script_of_the_same_registrable_domain_is_the_sites_own(page: str, script: str, is_own: bool) -> None:
    """A public suffix is not a registrable domain; without a domain, the host counts."""
    check = check_sri(responses(html=f"<script src={script}></script>", url=page))
    assert (check.measured["foreign_scripts"] == 0) is is_own


def test_other_media_types_load_no_script() -> None:
    """A response that is not HTML has no scripts; one without a media type counts as HTML."""
    html = f"<script src={CDN}></script>"
    assert check_sri(responses({"content-type": "application/json"}, html=html)).result.endswith("response-not-html")
    assert check_sri(responses({"content-type": "Application/XHTML+XML"}, html=html)).modifier == -5
    assert check_sri(responses({}, html=html)).modifier == -5
    check = check_sri(responses(page=None))
    assert (check.result, check.passed) == ("sri-not-implemented-but-no-scripts-loaded", False)
