"""The verdicts on scripts that could be swapped."""

import pytest

from tests.audit.headers.observations import URL, observe
from veritas.audit.headers.sri import check_sri

OWN = "not-implemented-but-all-scripts-loaded-from-secure-origin"
IN_CLEAR = "not-implemented-and-external-scripts-not-loaded-securely"
IN_CLEAR_WITH_HASH = "implemented-but-external-scripts-not-loaded-securely"
UNCHECKED = "not-implemented-but-external-scripts-loaded-securely"
HASH = "integrity=sha384-abc"
FOREIGN = "https://cdn.example.net/a.js"


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
        (f"<script src={FOREIGN} {HASH}></script>", "implemented-and-external-scripts-loaded-securely"),
        (
            f"<script src={FOREIGN} {HASH}></script><script>1</script>",
            "implemented-and-external-scripts-loaded-securely",
        ),
        (f"<script src={FOREIGN}></script>", UNCHECKED),
        (f"<script src={FOREIGN} integrity=''></script>", UNCHECKED),
        ("<script src=HTTPS://cdn.example.net/a.js></script>", UNCHECKED),
        (f"<script src=http://cdn.example.net/a.js {HASH}></script>", IN_CLEAR_WITH_HASH),
        (f"<script src=//cdn.example.net/a.js {HASH}></script>", IN_CLEAR_WITH_HASH),
        ("<script src=http://cdn.example.net/a.js></script>", IN_CLEAR),
        ("<script src=//shop.example.org/a.js></script>", IN_CLEAR),
        (r"<script src=\\cdn.example.net\a.js></script>", IN_CLEAR),
        (
            f"<script src=/a.js {HASH}></script><script src={FOREIGN}></script><script src={FOREIGN} {HASH}></script>",
            UNCHECKED,
        ),
        (f"<script src={FOREIGN}></script><script src=http://cdn.example.net/a.js {HASH}></script>", UNCHECKED),
    ],
)
def test_the_worst_script_decides(html: str, result: str) -> None:
    """Where scripts come from, how, and whether they say what they must be, make the verdict."""
    judged = check_sri(observe({"Content-Type": "text/html; charset=utf-8"}, html=html))
    assert judged.result == f"sri-{result}"
    assert judged.passed == (judged.modifier >= 0)


def test_own_scripts_on_an_http_page_earn_nothing() -> None:
    """A script that comes over http: is not safe for saying what it must be."""
    observation = observe(html=f"<script src=/a.js {HASH}></script>", url="http://shop.example.org/")
    assert check_sri(observation).result == f"sri-{OWN}"


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
def test_a_site_is_whoever_registered_it(page: str, script: str, is_own: bool) -> None:
    """Public suffixes are nobody's own; where there is no domain, the host itself counts."""
    judged = check_sri(observe(html=f"<script src={script}></script>", url=page))
    assert (judged.measured["foreign_scripts"] == 0) is is_own


def test_other_types_load_no_script() -> None:
    """What is not HTML has none; what names no type is taken for HTML."""
    html = f"<script src={FOREIGN}></script>"
    assert check_sri(observe({"content-type": "application/json"}, html=html)).result.endswith("response-not-html")
    assert check_sri(observe({"content-type": "Application/XHTML+XML"}, html=html)).modifier == -5
    assert check_sri(observe({}, html=html)).modifier == -5
    judged = check_sri(observe(page=None))
    assert (judged.result, judged.passed) == ("sri-not-implemented-but-no-scripts-loaded", False)
