"""One connection to the web server, bounded in what its other side may hold and for how long."""

import asyncio
import functools
import logging
from collections.abc import Iterator
from typing import Any, NamedTuple

import h11
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from backbeat.api.failures import failure
from backbeat.api.headers import SecurityHeaders

PROBES = frozenset({"/livez", "/healthz", "/readyz", "/metrics"})


_LOGGER = logging.getLogger("uvicorn.error.connections")
_LOGGER.setLevel(logging.ERROR)  # a line for each request that is none would be a stranger's to write


class Bounds(NamedTuple):
    """What strangers may hold together, one address alone, and how long they may take.

    ``probes_max`` connections come on top of ``connections_max``, and only probes are answered there. A proxy is one
    address, so an address may have half of all.
    """

    connections_max: int = 200
    per_address_max: int = 100
    probes_max: int = 32
    head_seconds: float = 10.0  # for a whole request; a slow telephone needs two
    stall_seconds: float = 20.0  # without a byte of the answer taken


class BoundedProtocol(H11Protocol):
    """uvicorn's protocol, which keeps no connection that does not move.

    A new connection past a bound displaces the oldest one that has no request in hand, of its own address first. So
    requests that are never finished shut nobody out.
    """

    def __init__(self, bounds: Bounds, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._bounds = bounds
        self._served = self.app
        self.app = SecurityHeaders(self._admit)
        self.limit_concurrency = None  # ours keeps room for probes
        self.logger = _LOGGER
        self._head_timer: asyncio.TimerHandle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None
        self._made_at = 0.0

    @property
    def is_displaceable(self) -> bool:
        """Whether nothing is in hand here: no whole request, or an answer that nobody fetches."""
        cycle = self.cycle
        return cycle is None or cycle.response_complete or cycle.more_body or self._stall_timer is not None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the parent's
        """Begin to wait for a request, and make room where a bound is passed."""
        super().connection_made(transport)
        self._made_at = self.loop.time()
        self._await_head()
        others = [each for each in self._others() if each.client and self.client and each.client[0] == self.client[0]]
        if len(others) >= self._bounds.per_address_max:
            self._make_room(others, self._bounds.per_address_max + self._bounds.probes_max)
        elif len(self.connections) > self._bounds.connections_max:
            self._make_room(list(self._others()), self._bounds.connections_max + self._bounds.probes_max)

    def data_received(self, data: bytes) -> None:
        """Take what came; a request whose head is whole is in hand."""
        if self._head_timer is None and self.is_displaceable:
            self._await_head()
        super().data_received(data)
        if not self.is_displaceable:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Go on with the next request."""
        self._stop_waiting()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Give the other side a while to take what was sent."""
        super().pause_writing()
        self._stall_timer = self.loop.call_later(self._bounds.stall_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: the other side took it."""
        super().resume_writing()
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave nothing behind."""
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - h11 says no more than that it was refused
        """Refuse what is no request, as JSON with our headers; amid an answer there is nothing left to say."""
        if self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE} or self._has_begun():
            self.transport.abort()
            return
        answer = failure(400, "request_unreadable", "That is no HTTP request.", "Send one that RFC 9112 admits.")
        SecurityHeaders.add_to(answer.headers)
        answer.headers["Connection"] = "close"
        sent = h11.Response(status_code=400, headers=answer.raw_headers, reason=b"Bad Request")
        for event in (sent, h11.Data(data=bytes(answer.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _has_begun(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        if len(self.tasks) > self._bounds.connections_max and scope["path"] not in PROBES:
            answer = failure(503, "server_busy", "Too many requests are being answered.", "Ask again a little later.")
            answer.headers.update({"Retry-After": "2", "Connection": "close"})
            await answer(scope, receive, send)
        else:
            await self._served(scope, receive, send)

    def _others(self) -> Iterator["BoundedProtocol"]:
        return (each for each in self.connections if isinstance(each, BoundedProtocol) and each is not self)

    def _make_room(self, others: list["BoundedProtocol"], most: int) -> None:
        idle = [each for each in others if each.is_displaceable]
        if idle:
            min(idle, key=lambda each: each._made_at).drop()  # noqa: SLF001 - of the same class
        elif len(others) >= most:
            self.drop()

    def drop(self) -> None:
        """End the connection now, and no longer count it."""
        self.connections.discard(self)
        self.transport.abort()

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(self._bounds.head_seconds, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def bounded(bounds: Bounds) -> type[asyncio.Protocol]:
    """Return what makes connections with these bounds, as uvicorn takes it."""
    return functools.partial(BoundedProtocol, bounds)  # type: ignore[return-value]  # it only calls it
