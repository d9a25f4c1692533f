"""All twelve tests on arbitrary responses."""

from hypothesis import given
from hypothesis import strategies as st

from tests.audit.headers.responses import HOST
from veritas.audit.headers import OUTCOMES, TESTS, Cookie, Exchange, SiteResponses, evaluate, score
from veritas.audit.headers.markup import read_markup

NAMES = (
    "content-security-policy",
    "content-security-policy-report-only",
    "Set-Cookie",
    "Access-Control-Allow-Origin",
    "access-control-allow-credentials",
    "Strict-Transport-Security",
    "x-frame-options",
    "X-Content-Type-Options",
    "referrer-policy",
    "cross-origin-resource-policy",
    "cross-origin-embedder-policy",
    "cross-origin-opener-policy",
    "content-type",
)
WORDS = (
    "default-src", "script-src", "'self'", "'none'", "http:", "https:", "*", "'unsafe-inline'", "'nonce-a'", ";", ",",
    "'strict-dynamic'", "frame-ancestors", "max-age=", "31536000", "true", "deny", "nosniff", "no-referrer", "origin",
    "same-origin", "require-corp", "text/html", "sess=1", "SameSite=None", "Secure", "%", "\"", "=", "https://a.example",
)  # fmt: skip
VALUES = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join) | st.text(max_size=20)
EXCHANGES = st.none() | st.builds(
    Exchange,
    status=st.just(200),
    headers=st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=8).map(tuple),
    verified=st.booleans(),
    request_headers=st.just((("origin", "https://a.example"),)),
)
ADDRESSES = st.sampled_from([f"http://{HOST}/", f"https://{HOST}/", "https://x.dev/", "http://[", ""])
OBSERVATIONS = st.builds(
    SiteResponses,
    host=st.sampled_from([HOST, "x.dev", "localhost", ""]),
    url=ADDRESSES,
    page=EXCHANGES,
    http=EXCHANGES,
    https=EXCHANGES,
    cors=EXCHANGES,
    http_chain=st.lists(ADDRESSES.filter(lambda url: url.endswith("/")), max_size=4).map(tuple),
    cookies=st.lists(
        st.builds(Cookie, st.sampled_from(["a", "sess", "csrf", ""]), secure=st.booleans(), http_only=st.booleans()),
        max_size=3,
    ).map(tuple),
    preloaded=st.sampled_from([None, frozenset(), frozenset({HOST, "x.dev"})]),
    markup=VALUES.map(
        lambda value: read_markup(
            f"<meta http-equiv=content-security-policy content=\"{value}\"><script src='{value}'></script>",
            f"https://{HOST}/",
        )
    ),
)


@given(OBSERVATIONS)
def test_every_outcome_is_in_the_table(site: SiteResponses) -> None:
    """Each test has one of its own outcomes, with the points of the table; a failed one has a title for its finding."""
    results = evaluate(site)
    assert [result.test for result in results] == list(TESTS)
    for result in results:
        outcome = OUTCOMES[result.test][result.result]
        assert result.modifier == outcome.modifier
        assert outcome.passes or not result.passed
        assert result.detail
        assert outcome.title or result.passed or not site.page
    assert score(results).score >= 0


def test_the_table_has_exactly_the_tests() -> None:
    """Each test has outcomes, and each outcome belongs to a test."""
    assert set(TESTS) == set(OUTCOMES)
