"""Problems: every error of the server in one form, RFC 9457's `application/problem+json`."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import Response

from store.errors import ArtifactMissing, StoreError
from veritas.errors import RolloutChangedMeanwhile, UnknownAudit, UnknownBatch, UnknownSite, UsageError, VeritasError
from veritas.events.json import encode_json

MEDIA_TYPE = "application/problem+json"


class Problem(VeritasError):
    """A request that the server does not carry out.

    Attributes:
        status: The HTTP status.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


def status_of(error: Exception) -> int | None:
    """Return the HTTP status of an expected error; None for a bug."""
    match error:
        case Problem():
            return error.status
        case UnknownAudit() | UnknownBatch() | UnknownSite() | ArtifactMissing():
            return 404
        case RolloutChangedMeanwhile():
            return 409
        case UsageError():
            return 400
        case StoreError() | VeritasError():
            return 503
    return None


def problem_response(status: int, detail: str, *, id: str | None = None) -> Response:
    """Return the answer for an error.

    Args:
        status: The HTTP status.
        detail: The fault, the thing and the remedy in a sentence.
        id: The id under which the server's output has the traceback.
    """
    fields = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    if id is not None:
        fields["id"] = id
    return Response(encode_json(fields), status, media_type=MEDIA_TYPE)
