"""What a request must be before anything is done for it: for this site, of one length, short and readable."""

import asyncio
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from backbeat.api.failures import THERE_IS, RequestError, refusal
from backbeat.api.hosts import Hosts

TARGET_BYTES_MAX = 2_048  # our longest has about 300
BODY_BYTES_MAX = 4_096  # no action takes a body; a browser may send a small one
BODY_SECONDS_MAX = 5.0

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Admission:
    """ASGI middleware: refuses what it cannot mean well with, and closes the connection that it came on."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on without its body, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            headers = Headers(scope=scope)
            self._check_host(headers)
            _check_target(scope)
            if _declared_bytes(headers) and not await _drained(receive):
                return
        except RequestError as error:
            answer = refusal(error)
            answer.headers["Connection"] = "close"
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _check_host(self, headers: Headers) -> None:
        named = headers.getlist("host")
        # HTTP/1.0 knows no Host, and no browser speaks it
        if len(named) > 1 or not all(map(self._hosts.admit, named)):
            raise RequestError(
                400,
                "host_unknown",
                "This site does not answer to that name.",
                cure="Use the address that it listens on, or add the name to the setting web.hosts.",
            )


def _check_target(scope: Scope) -> None:
    path, query = scope.get("raw_path") or scope["path"].encode(), scope.get("query_string", b"")
    if len(path) + len(query) > TARGET_BYTES_MAX:
        raise RequestError(
            414,
            "address_too_long",
            f"The address has more than {TARGET_BYTES_MAX} bytes.",
            cure=THERE_IS,
        )
    for part in _parts(path, query):
        try:
            text = unquote_to_bytes(part).decode()
        except UnicodeDecodeError:
            text = "\0"
        if _CONTROL.search(text):
            raise RequestError(
                400,
                "parameter_invalid",
                "The address holds a control character, or text that is not UTF-8.",
                cure="Percent-encode text as UTF-8, without control characters.",
            )


def _parts(path: bytes, query: bytes) -> Iterator[bytes]:
    yield path.partition(b"?")[0]
    yield query


def _declared_bytes(headers: Headers) -> int:
    lengths, encodings = headers.getlist("content-length"), headers.getlist("transfer-encoding")
    if (lengths and encodings) or len(lengths) > 1 or not all(each.isascii() and each.isdigit() for each in lengths):
        raise RequestError(
            400,
            "length_unclear",
            "The length of the request's body is given twice, or is not a number.",
            cure="Send one Content-Length, or no body.",
        )
    if encodings:
        raise RequestError(
            411,
            "length_required",
            "The request's body has no stated length.",
            cure="Send a Content-Length, or no body.",
        )
    declared = lengths[0] if lengths else "0"
    if len(declared) > len(str(BODY_BYTES_MAX)) or int(declared) > BODY_BYTES_MAX:
        raise RequestError(
            413,
            "body_too_large",
            f"The request's body has more than {BODY_BYTES_MAX} bytes.",
            cure="Send none: no action takes one.",
        )
    return int(declared)


async def _drained(receive: Receive) -> bool:
    """Read a small body and forget it, so that the connection can go on; False if the other side left."""
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            while (message := await receive()).get("more_body", False):
                pass
            return bool(message["type"] == "http.request")
    except TimeoutError:
        raise RequestError(
            408, "body_missing", "The request's body did not come in time.", cure="Send it whole, or none."
        ) from None
