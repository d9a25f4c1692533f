"""Whatever is observed, every test has an outcome, and one of its own."""

from hypothesis import given
from hypothesis import strategies as st

from tests.audit.headers.observations import HOST
from veritas.audit.headers import RESULTS, TESTS, Cookie, Exchange, Observation, evaluate, score
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
    Observation,
    host=st.sampled_from([HOST, "x.dev", "localhost", ""]),
    url=ADDRESSES,
    page=EXCHANGES,
    http=EXCHANGES,
    https=EXCHANGES,
    cors=EXCHANGES,
    http_route=st.lists(ADDRESSES.filter(lambda url: url.endswith("/")), max_size=4).map(tuple),
    cookies=st.lists(
        st.builds(Cookie, st.sampled_from(["a", "sess", "csrf", ""]), secure=st.booleans(), http_only=st.booleans()),
        max_size=3,
    ).map(tuple),
    markup=VALUES.map(
        lambda value: read_markup(
            f"<meta http-equiv=content-security-policy content=\"{value}\"><script src='{value}'></script>",
            f"https://{HOST}/",
        )
    ),
)


@given(OBSERVATIONS)
def test_every_outcome_is_in_the_table(observation: Observation) -> None:
    """Each test says something, its outcome is one of its own, and is worth what the table says."""
    results = evaluate(observation)
    assert [result.test for result in results] == list(TESTS)
    for result in results:
        assert result.modifier == RESULTS[result.test][result.result].modifier
        assert RESULTS[result.test][result.result].passes or not result.passed
        assert result.detail
    assert score(results).score >= 0


def test_the_tests_are_those_of_the_table() -> None:
    """None is missing, and none is made up."""
    assert set(TESTS) == set(RESULTS)
