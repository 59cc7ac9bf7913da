"""What a stranger may send, over a real socket: the server goes on answering others, and closes what makes no sense."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from backbeat.api.admission import Admission
from backbeat.api.hosts import Hosts
from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.settings import WebSettings
from backbeat.web import protocol
from backbeat.web.protocol import Bounds
from backbeat.web.server import WebServer
from backbeat.web.site import site
from builders.waiting import eventually

TOKEN = "a-long-operator-token"  # noqa: S105 - made up
SHORT = Bounds(head_seconds=0.2, stall_seconds=0.2)


async def answer(port: int, sent: bytes) -> bytes:
    """Send bytes and return all that comes back until the server closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    await writer.drain()
    try:
        async with asyncio.timeout(60):
            return await reader.read()
    finally:
        writer.close()


@pytest.fixture
async def port(lanes: Lanes) -> AsyncIterator[int]:
    """The whole site, as it is served."""
    server = WebServer(site(lanes, SystemClock(), WebSettings(token=TOKEN)), "127.0.0.1", 0)
    server.bind()
    task = asyncio.create_task(server.run())
    yield httpx.URL(server.url).port or 0
    server.drain()
    await task


NEXT = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /jobs/hourly_play_counts/pause HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer wrong\r\n"


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + NEXT, b"400", "length_unclear"),
        (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n", b"400", "length_unclear"),
        (POST + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd", b"400", "request_unreadable"),
        (POST + b"Content-Length: 5000\r\n\r\n", b"413", "body_too_large"),
        (POST + b"Content-Length: 99999999999999999999\r\n\r\n", b"413", "body_too_large"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"411", "length_required"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + NEXT, b"411", "length_required"),
        (NEXT.replace(b"localhost", b"evil.example") + NEXT, b"400", "host_unknown"),
        (POST + b"Transfer-Encoding: gzip\r\n\r\n", b"400", "request_unreadable"),
        (b"GET /status HTTP/1.1\r\nHost: localhost\r\nHost: other\r\n\r\n", b"400", "request_unreadable"),
        (b"GET /status HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", b"400", "host_unknown"),
        (b"GET /status HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 70_000, b"400", "request_unreadable"),
        (b"nonsense\r\n\r\n", b"400", "request_unreadable"),
        (
            b"GET /rejected?reason=a%00b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            b"400",
            "parameter_invalid",
        ),
        (b"GET /static HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"404", "not_found"),
        (b"GET /status/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"404", "not_found"),
        (b"GET //evil.example/%2e%2e HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"404", "not_found"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_the_connection_closed(
    port: int, sent: bytes, status: bytes, code: str
) -> None:
    told = await answer(port, sent)
    assert told.startswith(b"HTTP/1.1 " + status)
    assert told.count(b"HTTP/1.1 ") == 1
    assert b"location:" not in told.lower()
    assert b"content-security-policy: default-src 'none'" in told.lower()
    assert f'"code":"{code}"'.encode() in told


async def test_a_body_that_does_not_come_is_not_waited_for(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backbeat.api.admission.BODY_SECONDS_MAX", 0.05)
    told = await answer(port, POST + b"Content-Length: 10\r\n\r\nabc")
    assert told.startswith(b"HTTP/1.1 408")
    assert b'"code":"body_missing"' in told


async def test_a_small_body_is_read_and_the_connection_goes_on(port: int) -> None:
    sent = POST + b"Content-Length: 3\r\n\r\nabc"
    told = await answer(port, sent + sent.replace(b"Host", b"Connection: close\r\nHost"))
    assert told.count(b"HTTP/1.1 401") == 2


def is_gone(reader: asyncio.StreamReader) -> bool:
    return reader.at_eof() or reader.exception() is not None


class Site:
    """A server of two addresses, one of which waits until it is let go."""

    def __init__(self, bounds: Bounds) -> None:
        self.let_go = asyncio.Event()
        self.waiting = 0
        routes = [
            Route("/", self._slow, methods=["GET", "POST"]),
            Route("/healthz", self._quick),
            Route("/page", self._quick),
            Route("/large", self._large),
        ]
        self.server = WebServer(Admission(Starlette(routes=routes), Hosts()), "127.0.0.1", 0, bounds)
        self.server.bind()
        self.port = httpx.URL(self.server.url).port or 0
        self.task = asyncio.create_task(self.server.run())

    async def _slow(self, _: Request) -> PlainTextResponse:
        self.waiting += 1
        await self.let_go.wait()
        return PlainTextResponse("slow")

    async def _quick(self, _: Request) -> PlainTextResponse:
        return PlainTextResponse("quick")

    async def _large(self, _: Request) -> PlainTextResponse:
        return PlainTextResponse("x" * 50_000_000)

    async def half_sent(
        self, text: bytes, sender: str = "127.0.0.1"
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(sender, 0))
        writer.write(text)
        await writer.drain()
        return reader, writer

    async def close(self) -> None:
        self.let_go.set()
        self.server.drain()
        await self.task


async def test_a_head_that_does_not_come_is_not_waited_for() -> None:
    served = Site(SHORT)
    assert await answer(served.port, b"") == b""
    assert await answer(served.port, b"GET / HT") == b""
    whole = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    assert (await answer(served.port, whole + b"GET / HT")).endswith(b"quick")
    await served.close()


async def test_an_answer_that_nobody_fetches_is_given_up() -> None:
    served = Site(SHORT)
    _, writer = await asyncio.open_connection("127.0.0.1", served.port, limit=1_024)
    writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
    await writer.drain()
    connections = served.server._server.server_state.connections

    async def is_held() -> bool:
        return bool(connections)

    async def is_given_up() -> bool:
        return not connections

    assert await eventually(is_held)
    assert await eventually(is_given_up)
    writer.close()
    await served.close()


@pytest.mark.parametrize(
    "text",
    [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na"],
)
async def test_half_sent_requests_shut_nobody_out(text: bytes) -> None:
    served = Site(Bounds())
    held = [await served.half_sent(text) for _ in range(260)]
    for path in (b"/healthz", b"/page"):
        whole = b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert (await answer(served.port, whole)).endswith(b"quick")
    connections = served.server._server.server_state.connections
    assert len(connections) <= Bounds().per_address_max

    async def is_the_oldest_gone() -> bool:
        return is_gone(held[0][0])

    assert await eventually(is_the_oldest_gone)
    assert not is_gone(held[-1][0])
    for _, writer in held:
        writer.close()
    await served.close()


async def test_a_crowded_address_displaces_its_own_connections() -> None:
    served = Site(Bounds(per_address_max=2))
    other = await served.half_sent(b"GET / HT")
    own = [await served.half_sent(b"GET / HT", "127.0.0.2") for _ in range(3)]

    async def is_the_oldest_of_its_own_gone() -> bool:
        return is_gone(own[0][0])

    assert await eventually(is_the_oldest_of_its_own_gone)
    assert not any(is_gone(reader) for reader, _ in (other, *own[1:]))
    for _, writer in (other, *own):
        writer.close()
    await served.close()


async def test_a_request_in_two_pieces_may_be_answered_slowly() -> None:
    served = Site(Bounds(head_seconds=1.0))
    reader, writer = await served.half_sent(b"GET / HTTP/1.1\r\nHost: x\r\n")

    async def is_half_there() -> bool:
        connections = served.server._server.server_state.connections
        return any(isinstance(each, protocol.BoundedProtocol) and each.conn.trailing_data[0] for each in connections)

    async def is_there() -> bool:
        return served.waiting == 1

    assert await eventually(is_half_there)
    writer.write(b"Connection: close\r\n\r\n")
    assert await eventually(is_there)
    assert await answer(served.port, b"") == b"", "one that began later, and sends nothing, is given up"
    served.let_go.set()
    assert (await reader.read()).endswith(b"slow")
    writer.close()
    await served.close()


async def test_probes_are_answered_while_everything_else_is_busy() -> None:
    served = Site(Bounds(connections_max=5, per_address_max=5, probes_max=2))
    whole = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    slow = [asyncio.create_task(answer(served.port, whole)) for _ in range(5)]

    async def all_wait() -> bool:
        return served.waiting == 5

    assert await eventually(all_wait)
    refused = await answer(served.port, whole)
    assert refused.startswith(b"HTTP/1.1 503")
    assert b"retry-after:" in refused.lower()
    probe = whole.replace(b"GET /", b"GET /healthz")
    assert (await answer(served.port, probe)).endswith(b"quick")
    served.let_go.set()
    assert all(told.endswith(b"slow") for told in await asyncio.gather(*slow))
    assert (await answer(served.port, whole)).endswith(b"slow")
    await served.close()


def test_what_others_may_hold_is_stated() -> None:
    assert Bounds() == (200, 100, 32, 10.0, 20.0)
    assert frozenset({"/livez", "/healthz", "/readyz", "/metrics"}) == protocol.PROBES
