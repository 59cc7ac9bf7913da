import asyncio
import socket
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.errors import ConfigError
from backbeat.web.server import WebServer
from backbeat.web.site import site
from builders.waiting import eventually


async def slow(_: Request) -> PlainTextResponse:
    await asyncio.Event().wait()
    return PlainTextResponse("never")


async def quick(_: Request) -> PlainTextResponse:
    return PlainTextResponse("here")


APP = Starlette(routes=[Route("/", quick), Route("/slow", slow)])


def is_free(server: WebServer) -> bool:
    port = httpx.URL(server.url).port
    assert port is not None
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


async def started(server: WebServer) -> asyncio.Task[None]:
    server.bind()
    task = asyncio.create_task(server.run())
    async with httpx.AsyncClient() as client:
        assert (await client.get(server.url)).text == "here"
    return task


async def test_closing_frees_the_port() -> None:
    server = WebServer(APP, "127.0.0.1", 0)
    task = await started(server)
    server.drain()
    await task
    assert is_free(server)


async def test_cancelling_frees_the_port() -> None:
    server = WebServer(APP, "127.0.0.1", 0)
    task = await started(server)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert is_free(server)


async def test_closing_a_server_that_never_served() -> None:
    server = WebServer(APP, "127.0.0.1", 0)
    server.bind()
    server.drain()
    assert is_free(server)


async def test_a_client_that_hangs_does_not_hold_the_server() -> None:
    server = WebServer(APP, "127.0.0.1", 0)
    task = await started(server)
    port = httpx.URL(server.url).port
    _, half = await asyncio.open_connection("127.0.0.1", port)
    half.write(b"GET / HT")
    _, waiting = await asyncio.open_connection("127.0.0.1", port)
    waiting.write(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
    await waiting.drain()
    async with asyncio.timeout(60):
        server.drain()
        await task
    for writer in (half, waiting):
        writer.close()
    assert is_free(server)


async def test_a_busy_port_is_a_clear_error() -> None:
    first = WebServer(APP, "127.0.0.1", 0)
    first.bind()
    with pytest.raises(ConfigError, match="the port is in use") as caught:
        WebServer(APP, "127.0.0.1", httpx.URL(first.url).port or 0).bind()
    assert "web.port" in caught.value.cure
    first.drain()


@pytest.mark.parametrize(("host", "port"), [("no-such-host.invalid", 0), ("192.0.2.1", 0), ("127.0.0.1", 70_000)])
def test_an_address_that_cannot_be_is_a_clear_error(host: str, port: int) -> None:
    with pytest.raises(ConfigError) as caught:
        WebServer(APP, host, port).bind()
    assert caught.value.code == "web_address_unusable"


async def test_the_whole_site_is_served_and_samples_its_history(lanes: Lanes) -> None:
    server = WebServer(site(lanes, SystemClock()), "127.0.0.1", 0)
    server.bind()
    task = asyncio.create_task(server.run())
    async with httpx.AsyncClient(base_url=server.url) as client, asyncio.timeout(60):
        assert "<title>" in (await client.get("/")).text

        async def has_history() -> bool:
            return bool((await client.get("/history.json")).json()["at"])

        assert await eventually(has_history)
    server.drain()
    await task


def test_the_vendored_files_are_those_that_were_published() -> None:
    folder = Path(site.__code__.co_filename).parent / "static" / "vendor"
    told = (folder / "README.md").read_text(encoding="utf-8")
    for file in (*folder.glob("*.js"), *folder.glob("*.css")):
        assert f"`{file.name}`" in told
        assert sha256(file.read_bytes()).hexdigest() in told
