"""The API answers what the commands print, and its document describes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.routing import BaseRoute, Mount
from starlette.testclient import TestClient

from tests.cli.invoking import invoke_in
from tests.cli.logs import FAILED, RUNNING, TEE
from veritas.web.app import _api
from veritas.web.openapi import openapi_document
from veritas.web.routes import ENDPOINTS
from veritas.web.site import Site


def test_the_document_is_valid_openapi() -> None:
    """It is checked by a validator of OpenAPI 3.1."""
    OpenAPIV31SpecValidator(openapi_document(ENDPOINTS)).validate()


def test_every_route_is_in_the_document(site: Site) -> None:
    """And nothing else is."""

    def path_of(route: BaseRoute) -> str:
        assert not isinstance(route, Mount)
        return str(getattr(route, "path"))  # noqa: B009 - a BaseRoute has none

    document = openapi_document(ENDPOINTS)
    assert {path_of(route) for route in _api(site)} == set(document["paths"])
    for endpoint in ENDPOINTS:
        operation = document["paths"][endpoint.path][endpoint.method.lower()]
        assert operation["summary"].endswith(".")
        assert {each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"} == set(
            endpoint.path_parameters
        )
        if endpoint.method == "POST":  # an unknown member is refused
            assert not operation["requestBody"]["content"]["application/json"]["schema"]["additionalProperties"]


def test_the_api_answers_what_the_commands_print(client: TestClient, log: Path) -> None:
    """The state now and at a point in time, the list, the events, the difference: one form."""
    veritas = invoke_in(log)
    get = client.get
    assert get(f"/api/audit/{TEE}/status").json() == veritas("show", TEE, "--json").json
    state = get(f"/api/v1/runs/{TEE}/state", params={"at": "vision"}).json()
    assert state == veritas("show", TEE, "--at", "vision", "--json").json
    assert get("/api/audits/history").json()["audits"] == veritas("list", "--format", "json").json
    events = get(f"/api/v1/runs/{TEE}/events", params={"source": "queue", "phase": "vision"}).json()
    printed = veritas("events", TEE, "--source", "queue", "--phase", "vision", "--format", "json").json
    assert (events["events"], events["next"]) == (printed, None)
    diff = veritas("diff", TEE, FAILED, "--format", "json").json
    assert get(f"/api/v1/runs/{TEE}/diff/{FAILED}").json() == diff
    assert client.post("/api/audits/compare", json={"audit_ids": [TEE, FAILED]}).json() == diff
    assert get("/api/v1/verify").json() == veritas("verify", "--format", "json").json
    assert get("/api/health").json()["status"] == "ok"


def test_events_are_paged_without_a_gap_or_a_double(client: TestClient) -> None:
    """The pages together are the run."""
    url, after, seen = f"/api/v1/runs/{TEE}/events", 0, []
    while after is not None:
        page = client.get(url, params={"after": after, "limit": 7}).json()
        seen += page["events"]
        after = page["next"]
    assert seen == client.get(url, params={"limit": 1000}).json()["events"]


def test_the_history_is_filtered_and_paged(client: TestClient) -> None:
    """The total counts all runs that match."""
    page = client.get("/api/audits/history", params={"status": ["failed", "running"], "limit": 1}).json()
    assert (page["total"], [run["audit_id"] for run in page["audits"]]) == (2, [RUNNING])
    page = client.get("/api/audits/history?status=failed&status=running&limit=1&offset=1").json()
    assert [run["audit_id"] for run in page["audits"]] == [FAILED]


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("/api/audit/vrts_none/status", 404, "vrts_none"),
        (f"/api/v1/runs/{TEE}/state?at=yesterday", 400, "yesterday"),
        (f"/api/v1/runs/{TEE}/events?limit=0", 400, "limit"),
        (f"/api/v1/runs/{TEE}/events?limit=1&limit=2", 400, "more than once"),
        (f"/api/v1/runs/{TEE}/events?source=smoke", 400, "smoke"),
        ("/api/audits/history?colour=red", 400, "colour"),
        ("/api/audits/history?risk=rosy", 400, "rosy"),
        ("/api/v1/artifacts/..%2f..%2fetc", 404, "Not Found"),
        ("/api/v1/artifacts/ABC", 400, "hash"),
    ],
)
def test_a_bad_request_gets_a_sentence(client: TestClient, path: str, status: int, word: str) -> None:
    """It names the value that is wrong."""
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert word in answer.json()["detail"]


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"audit_ids": ["a"]}', b'{"audit_ids": [1, 2]}', b"\xff", b"[" * 50_000]
)
def test_a_bad_body_gets_a_sentence(client: TestClient, body: bytes) -> None:
    """Whatever it is, it is not a bug of the server."""
    answer = client.post("/api/audits/compare", content=body)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
