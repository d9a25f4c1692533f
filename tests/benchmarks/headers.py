"""The agreement of the security checks with the MDN HTTP Observatory, on inputs and verdicts recorded from it.

A file of vectors has one JSON object per line: `test`; the input, as `site.hostname`, `sessionUrl`, `cookies`,
`responses` (`auto`, `http`, `https`, `cors`: null, or `headers`, `status`, `verified`, `httpEquiv`,
`requestHeaders`), `httpRedirects` and `body`; and under `expect` the verdict: `result`, `pass`, `scoreModifier`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.browsers import open_local_browser
from veritas.audit.headers import TESTS, Cookie, Exchange, SiteResponses
from veritas.audit.headers.markup import read_markup

_FULL_NAMES = {"csp": "content-security-policy", "cors": "cross-origin-resource-sharing"}


@dataclass(frozen=True)
class Agreement:
    """The agreement with the recorded verdicts.

    Attributes:
        total: The number of vectors of each test.
        agreed: The number of vectors of each test for which the verdict is the recorded one.
        differing: The other vectors, as JSON values.
    """

    total: Counter[str] = field(default_factory=Counter)
    agreed: Counter[str] = field(default_factory=Counter)
    differing: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        tests = {name: {"agreed": self.agreed[name], "total": self.total[name]} for name in sorted(self.total)}
        return {
            "agreed": self.agreed.total(),
            "total": self.total.total(),
            "tests": tests,
            "differing": self.differing,
        }


def run(path: Path) -> Agreement:
    """Judge every vector in the file *path*; result, pass and modifier must all equal the recorded ones."""
    agreement = Agreement()
    vectors = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    preloaded = asyncio.run(_find_preloaded(vectors))
    for number, vector in enumerate(vectors, start=1):
        name = _FULL_NAMES.get(vector["test"], vector["test"])
        judged = TESTS[name](replace(responses_of(vector), preloaded=preloaded))
        verdict = {"result": judged.result, "pass": judged.passed, "scoreModifier": judged.modifier}
        agreement.total[name] += 1
        if verdict == vector["expect"]:
            agreement.agreed[name] += 1
        else:
            agreement.differing.append({"line": number, "test": name, "expected": vector["expect"], "judged": verdict})
    return agreement


def responses_of(vector: Mapping[str, Any]) -> SiteResponses:
    """Return a vector's input as the checks read it."""
    responses = vector["responses"]
    markup = read_markup(vector["body"] or "", vector["sessionUrl"])
    declared = (responses["auto"] or {}).get("httpEquiv") or {}
    return SiteResponses(
        host=vector["site"]["hostname"],
        url=vector["sessionUrl"],
        page=_exchange(responses["auto"]),
        http=_exchange(responses["http"]),
        https=_exchange(responses["https"]),
        cors=_exchange(responses["cors"]),
        http_chain=tuple(hop["url"] for hop in vector["httpRedirects"]),
        cookies=tuple(_cookie(cookie) for cookie in vector["cookies"]),
        markup=replace(markup, meta={name: tuple(values) for name, values in declared.items()}),
    )


def main(argv: list[str]) -> int:
    """Print the agreement; the exit status is 1 if a verdict differs."""
    parser = argparse.ArgumentParser(prog="headers", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--vectors", type=Path, required=True, metavar="FILE", help="the recorded inputs and verdicts")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args(argv)
    agreement = run(arguments.vectors)
    if arguments.json:
        print(json.dumps(agreement.as_dict(), indent=1))
    else:
        for name in sorted(agreement.total):
            print(f"{name:32} {agreement.agreed[name]:4} / {agreement.total[name]}")
        print(f"{'all':32} {agreement.agreed.total():4} / {agreement.total.total()}")
        for differing in agreement.differing:
            print(f"line {differing['line']}: expected {differing['expected']}, judged {differing['judged']}")
    return 1 if agreement.differing else 0


async def _find_preloaded(vectors: Iterable[Mapping[str, Any]]) -> frozenset[str] | None:
    """Return those hosts of *vectors* that are on the browser's HSTS preload list."""
    urls = [hop["url"] for vector in vectors for hop in vector["httpRedirects"]]
    hosts = {*(vector["site"]["hostname"] for vector in vectors), *(urlsplit(url).hostname or "" for url in urls)}
    async with open_local_browser() as browser:
        return await browser.find_preloaded(sorted(hosts))


def _exchange(response: Mapping[str, Any] | None) -> Exchange | None:
    if response is None:
        return None
    return Exchange(
        status=response["status"],
        headers=_pairs(response["headers"]),
        verified=response["verified"],
        request_headers=_pairs(response.get("requestHeaders") or {}),
    )


def _pairs(headers: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, str(value))
        for name, values in headers.items()
        for value in (values if isinstance(values, list) else [values])
    )


def _cookie(cookie: Mapping[str, Any]) -> Cookie:
    return Cookie(
        name=cookie.get("key", ""),
        domain=cookie.get("domain") or "",
        path=cookie.get("path") or "/",
        secure=bool(cookie.get("secure")),
        http_only=bool(cookie.get("httpOnly")),
        same_site=(cookie.get("sameSite") or "").lower(),
    )
