"""An endpoint of the API: the type of its request makes the check of it, and its part of the OpenAPI document."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec.inspect import CollectionType, StructType, UnionType, type_info
from starlette.requests import Request
from starlette.responses import Response

from veritas.events.json import encode_json
from veritas.projections.state_json import field_values
from veritas.web.form import read_body
from veritas.web.problem import Problem
from veritas.web.site import Site
from veritas.web.threads import run_in_thread

JSON = "application/json"
_PATH_PARAMETER = re.compile(r"\{(\w+)\}")


class Nothing(msgspec.Struct, frozen=True):
    """A request without parameters."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One method of one path.

    Attributes:
        method: The HTTP method.
        path: The path, with parameters in braces.
        handler: Returns the answer for a request: JSON values, a struct, or a whole response. It runs in a thread. Its
            docstring describes the endpoint in the document.
        request: The parameters: those in the path, and the others in the query, or in the body of a POST.
        answer: The type of the answer; a mapping is its JSON Schema.
        status: The HTTP status of success.
        media_type: The media type of the answer.
        action: Whether it changes something, so that the server must allow actions.
    """

    method: str
    path: str
    handler: Callable[[Site, Any], Any]
    request: type[msgspec.Struct] = Nothing
    answer: Any
    status: int = 200
    media_type: str = JSON
    action: bool = False

    @property
    def name(self) -> str:
        """The name of the operation."""
        return getattr(self.handler, "__name__", "")

    @property
    def description(self) -> str:
        """What it does."""
        return inspect.getdoc(self.handler) or ""

    @property
    def path_parameters(self) -> list[str]:
        """The names of the parameters in the path."""
        return _PATH_PARAMETER.findall(self.path)

    async def answer_to(self, site: Site, request: Request) -> Response:
        """Return the answer to a request.

        Raises:
            Problem: The request is not one that the endpoint takes.
            VeritasError: It cannot be carried out.
        """
        if self.action:
            site.require_actions()
        parameters = self.read(await self._values(request))
        result = await run_in_thread(self.handler, site, parameters)
        if isinstance(result, Response):
            return result
        fields: Mapping[str, Any] = field_values(result) if isinstance(result, msgspec.Struct) else result
        return Response(encode_json(fields), self.status, media_type=JSON)

    def read(self, values: Mapping[str, Any]) -> msgspec.Struct:
        """Return the request with these values.

        Raises:
            Problem: A value is missing, unknown or invalid.
        """
        known = self.request.__struct_encode_fields__
        if unknown := [name for name in values if name not in known]:
            names = ", ".join(known) or "none"
            raise Problem(400, f"There is no parameter {unknown[0]!r:.100}; the parameters are: {names}.")
        try:
            return msgspec.convert(values, self.request, strict=self.method == "POST")
        except msgspec.ValidationError as error:
            raise Problem(400, f"The request is invalid: {error}.") from None

    async def _values(self, request: Request) -> dict[str, Any]:
        if self.method == "POST":
            return _object(await read_body(request)) | request.path_params
        values: dict[str, Any] = {}
        arrays = _arrays(self.request)
        for name in request.query_params:
            given = request.query_params.getlist(name)
            if name not in arrays and len(given) > 1:
                raise Problem(400, f"The parameter {name!r:.100} is given more than once; give it once.")
            values[name] = given if name in arrays else given[0]
        return values | request.path_params


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Problem(400, f"The body is not JSON: {error}.") from None
    if not isinstance(value, dict):
        raise Problem(400, "The body is not a JSON object; send one.")
    return value


def _arrays(request: type[msgspec.Struct]) -> set[str]:
    """Return the parameters that may be repeated."""
    info = type_info(request)
    assert isinstance(info, StructType)
    kinds = {each.encode_name: each.type for each in info.fields}
    return {
        name
        for name, kind in kinds.items()
        if any(isinstance(each, CollectionType) for each in (kind.types if isinstance(kind, UnionType) else (kind,)))
    }
