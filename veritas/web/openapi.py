"""The OpenAPI 3.1 document of the API, made from the table of its routes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

import veritas
from veritas.events.json_schema import components
from veritas.web.endpoint import JSON, Endpoint
from veritas.web.problem import MEDIA_TYPE

STREAM = "/api/audit/stream/{id}"
CHANGES = "/api/v1/changes"
DOCUMENT = "/api/openapi.json"

_PROBLEM = {
    "type": "object",
    "description": "An error (RFC 9457).",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "The fault and the remedy in a sentence."},
        "id": {"type": "string", "description": "The id of an unexpected error in the server's output."},
    },
    "required": ["type", "title", "status", "detail"],
}


def openapi_document(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """Return the document."""
    schemas: dict[str, Any] = {"Problem": _PROBLEM}
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    paths[STREAM] = {"get": _stream()}
    paths[CHANGES] = {"get": _changes()}
    paths[DOCUMENT] = {"get": _document()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "VERITAS",
            "version": veritas.__version__,
            "description": "Read a log of audits, and follow them; start audits and change rollouts if allowed.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "secret": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token of the URL that `veritas serve` prints, or its password.",
                }
            },
        },
        "security": [{"secret": []}],
    }


def _operation(endpoint: Endpoint, schemas: dict[str, Any]) -> dict[str, Any]:
    summary, _, rest = endpoint.description.partition("\n")
    answer = endpoint.answer if isinstance(endpoint.answer, dict) else _schema(endpoint.answer, schemas)
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": summary,
        "responses": {
            str(endpoint.status): {
                "description": "The answer.",
                "content": {endpoint.media_type: {"schema": answer}},
            },
            "default": _default(),
        },
    }
    if endpoint.action:
        rest += "\nThe server must be started with `--allow-actions`."
    if rest.strip():
        operation["description"] = rest.strip()
    reference, definitions = components(endpoint.request)
    own = definitions.pop(reference["$ref"].rpartition("/")[2])
    schemas |= _relocated(definitions)
    in_path, fields = endpoint.path_parameters, _relocated(own["properties"])
    parameters = [
        _parameter(name, schema, place="path" if name in in_path else "query")
        for name, schema in fields.items()
        if name in in_path or endpoint.method == "GET"
    ]
    if parameters:
        operation["parameters"] = parameters
    if endpoint.method == "POST":
        body = _relocated(own) | {"title": endpoint.request.__name__, "additionalProperties": False}
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": body}}}
    return operation


def _parameter(name: str, schema: dict[str, Any], *, place: str) -> dict[str, Any]:
    schema = dict(schema)
    parameter: dict[str, Any] = {"name": name, "in": place, "required": place == "path"}
    if description := schema.pop("description", None):
        parameter["description"] = description
    return parameter | {"schema": schema}


def _stream() -> dict[str, Any]:
    return {
        "operationId": "audit_stream",
        "summary": "Stream the messages of an audit over a WebSocket, from the first one or after a number.",
        "description": (
            "Each message is a JSON object with `type`, `audit_id`, `phase`, `label`, `pct`, `detail`, `timestamp`, "
            "`seq` (the number of the event that it is about) and `number` (its place in the stream, from 1 without a "
            "gap). The server closes the connection with 1000 after the last message, with 1012 when it "
            "stops, and with 1013 when the log cannot be read. After any end but 1000 the client connects again, "
            "with the last `number` that it has."
        ),
        "parameters": [
            _parameter("id", {"type": "string", "description": "The audit or the run."}, place="path"),
            _parameter(
                "after",
                {"type": "integer", "minimum": 0, "default": 0, "description": "The `number` of the last message."},
                place="query",
            ),
        ],
        "responses": {"101": {"description": "The connection becomes a WebSocket."}, "default": _default()},
    }


def _changes() -> dict[str, Any]:
    return {
        "operationId": "log_changes",
        "summary": "Send an event whenever the log has grown, and every 15 seconds: `data` is its last position.",
        "responses": {
            "200": {
                "description": "A stream of server-sent events.",
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            },
            "default": _default(),
        },
    }


def _document() -> dict[str, Any]:
    answer = {"description": "The document.", "content": {JSON: {"schema": {"type": "object"}}}}
    return {
        "operationId": "openapi",
        "summary": "Return this document.",
        "responses": {"200": answer, "default": _default()},
    }


def _default() -> dict[str, Any]:
    return {
        "description": "The request was refused, or it failed.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _schema(kind: type[msgspec.Struct], schemas: dict[str, Any]) -> dict[str, Any]:
    reference, definitions = components(kind, written=True)
    schemas |= _relocated(definitions)
    relocated: dict[str, Any] = _relocated(reference)
    return relocated


def _relocated(value: Any) -> Any:
    """Return a schema whose references lead to the document's components."""
    if isinstance(value, dict):
        return {
            key: item.replace("#/$defs/", "#/components/schemas/")
            if key == "$ref" and isinstance(item, str)
            else _relocated(item)
            for key, item in value.items()
        }
    return [_relocated(item) for item in value] if isinstance(value, list) else value
