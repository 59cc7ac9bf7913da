"""Every failure of the API as the same small object: code, message, cure."""

from http import HTTPStatus

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import HTTPExceptionHandler

from backbeat.api.answer import json_answer
from backbeat.errors import BackbeatError, DatabaseError
from backbeat.masking import mask

log = structlog.get_logger(__name__)

_UNKNOWN = ("job_unknown", "user_unknown", "digest_table_unknown", "digest_table_missing", "challenge_unknown")
_STATUSES = dict.fromkeys(_UNKNOWN, HTTPStatus.NOT_FOUND)
THERE_IS = "There are /, /status, /jobs, /rejected, /replays, /digest, /metrics, /livez, /readyz and /healthz."
_PHRASES = {
    404: ("not_found", "There is nothing at this address.", THERE_IS),
    405: (
        "method_not_allowed",
        "This address does not take that method.",
        "Use GET to look, POST to act.",
    ),
}


class RequestError(BackbeatError):
    """A request that cannot be answered as asked; ``status`` is the HTTP status."""

    def __init__(self, status: int, code: str, message: str, *, cure: str) -> None:
        super().__init__(code, message, cure=cure)
        self.status = status


def failure(status: int, code: str, message: str, cure: str) -> Response:
    """Return the JSON of one failure."""
    return json_answer({"code": code, "message": mask(message), "cure": mask(cure)}, status=status)


def refusal(error: RequestError) -> Response:
    """Return the answer to a request that cannot be answered as asked."""
    answer = failure(error.status, error.code, error.message, error.cure)
    if error.status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        answer.headers["Retry-After"] = "2"
    return answer


def status_of(error: BackbeatError) -> int:
    """Return the HTTP status of an error that was raised on purpose."""
    if isinstance(error, RequestError):
        return error.status
    if isinstance(error, DatabaseError):
        return HTTPStatus.SERVICE_UNAVAILABLE
    return _STATUSES.get(error.code, HTTPStatus.CONFLICT)


async def on_error(_: Request, error: Exception) -> Response:
    """Answer an error that was raised on purpose."""
    if isinstance(error, RequestError):
        return refusal(error)
    if isinstance(error, DatabaseError):
        answer = failure(status_of(error), error.code, error.message, error.cure)
        answer.headers["Retry-After"] = "2"
        return answer
    if isinstance(error, BackbeatError):
        return failure(status_of(error), error.code, error.message, error.cure)
    return await on_defect(_, error)


async def on_http_error(_: Request, error: Exception) -> Response:
    """Answer what the router refuses."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    code, message, cure = _PHRASES.get(status, (f"http_{status}", f"The request failed ({status}).", "Check it."))
    headers = getattr(error, "headers", None) or {}
    answer = failure(status, code, message, cure)
    answer.headers.update(headers)
    return answer


async def on_defect(request: Request, error: Exception) -> Response:
    """Answer a defect of ours without telling its insides; they go to the log."""
    log.error("request_failed", path=request.url.path, exc_info=error)
    return failure(500, "internal_error", "Backbeat failed to answer.", "See its log, and report it as a defect.")


HANDLERS: dict[type[Exception] | int, HTTPExceptionHandler] = {
    BackbeatError: on_error,
    HTTPException: on_http_error,
    Exception: on_defect,
}
