"""The command that measures agreement with the Observatory."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.headers import main, run

ANSWER = {
    "headers": {"content-type": "text/html"},
    "status": 200,
    "verified": True,
    "httpEquiv": {},
    "requestHeaders": {},
}


def vector(test: str, result: str, modifier: int, *, passed: bool, **changes: Any) -> dict[str, Any]:
    """Return a vector as it is recorded: with every response, unless *changes* replaces it."""
    responses = {name: dict(ANSWER) for name in ("auto", "http", "https", "cors")} | changes.pop("responses", {})
    return {
        "test": test,
        "site": {"hostname": "shop.example.org", "path": "/"},
        "sessionUrl": "https://shop.example.org/",
        "cookies": [],
        "responses": responses,
        "httpRedirects": [{"url": "http://shop.example.org/", "status": 200}],
        "body": None,
        "expect": {"result": result, "pass": passed, "scoreModifier": modifier},
        **changes,
    }


def write(path: Path, *vectors: dict[str, Any]) -> Path:
    """Write *vectors* to a file, one per line."""
    path.write_text("".join(json.dumps(each) + "\n" for each in vectors), encoding="utf-8")
    return path


def test_every_part_of_a_vector_is_read(tmp_path: Path) -> None:
    """Repeated headers, cookies, meta elements, redirects, HTML and missing responses all count."""
    twice = {**ANSWER, "headers": {"Cross-Origin-Opener-Policy": ["same-origin", "same-origin"]}}
    meta = {**ANSWER, "httpEquiv": {"content-security-policy": ["default-src 'self'"]}}
    echo = {
        **ANSWER,
        "headers": {"access-control-allow-origin": "https://x.example", "access-control-allow-credentials": "true"},
        "requestHeaders": {"Origin": "https://x.example"},
    }
    cookie = {"key": "a", "secure": True, "sameSite": "lax"}
    html = "<script src=https://cdn.example.net/a.js></script>"
    path = write(
        tmp_path / "vectors.ndjson",
        vector("cross-origin-opener-policy", "coop-header-invalid", -5, passed=False, responses={"auto": twice}),
        vector("csp", "csp-implemented-with-no-unsafe", 5, passed=True, responses={"auto": meta}),
        vector("cookies", "cookies-secure-with-httponly-sessions-and-samesite", 5, passed=True, cookies=[cookie]),
        vector("redirection", "redirection-missing", -20, passed=False),
        vector("redirection", "redirection-not-needed-no-http", 0, passed=True, responses={"http": None}),
        vector(
            "subresource-integrity",
            "sri-not-implemented-but-external-scripts-loaded-securely",
            -5,
            passed=False,
            body=html,
        ),
        vector(
            "strict-transport-security",
            "hsts-invalid-cert",
            -20,
            passed=False,
            responses={"https": {**ANSWER, "verified": False}},
        ),
        vector(
            "cors",
            "cross-origin-resource-sharing-implemented-with-universal-access",
            -50,
            passed=False,
            responses={"cors": echo},
        ),
    )
    agreement = run(path)
    assert agreement.differing == []
    assert agreement.agreed.total() == agreement.total.total() == 8


def test_a_different_result_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """If any part of a result differs, the exit status is 1, and the output names the vector's line."""
    path = write(
        tmp_path / "vectors.ndjson",
        vector("x-frame-options", "x-frame-options-not-implemented", -20, passed=False),
        vector("x-frame-options", "x-frame-options-not-implemented", -20, passed=True),
    )
    assert main(["--vectors", str(path), "--json"]) == 1
    figures = json.loads(capsys.readouterr().out)
    assert figures["tests"] == {"x-frame-options": {"agreed": 1, "total": 2}}
    assert figures["differing"][0]["line"] == 2
    assert main(["--vectors", str(path)]) == 1
    assert "x-frame-options" in capsys.readouterr().out
