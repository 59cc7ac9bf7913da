"""An HTTP server for tests that answers what a script says, byte for byte: wrong, slow, endless.

A script is a coroutine that takes the request and a writer; what it does not write is not answered. A connection is
kept until a script closes it or the client does, and ``connections`` counts them.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit

import msgspec

Script = Callable[["Request", asyncio.StreamWriter], Awaitable[None]]


class Request(msgspec.Struct, frozen=True):
    """What a client asked."""

    target: str
    headers: dict[str, str]

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}


class ScriptedServer:
    """Where it listens, what it was asked and by how many connections; ``script`` may be replaced at any time."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.address = ""
        self.asked: list[Request] = []
        self.connections = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while not writer.is_closing():
                    await self._serve(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in head[1:] if line)
        request = Request(head[0].split(" ")[1], {name.lower(): value.strip() for name, _, value in pairs})
        self.asked.append(request)
        await self.script(request, writer)
        await writer.drain()

    async def end(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks))


@asynccontextmanager
async def scripted(script: Script, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[ScriptedServer]:
    """Serve ``script`` at a free port of this machine."""
    held = ScriptedServer(script)
    server = await asyncio.start_server(held.accept, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    held.address = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    try:
        yield held
    finally:
        server.close()
        await held.end()
        await server.wait_closed()


def answer(body: bytes, *, status: str = "200 OK", headers: str = "Content-Type: application/json\r\n") -> Script:
    """Return the script of a fixed answer."""

    async def script(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    return script


def endless(start: bytes, again: bytes) -> Script:
    """Return the script of an answer that does not end."""

    async def script(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while not writer.is_closing():
            writer.write(again)
            await writer.drain()

    return script


async def silence(_request: Request, _writer: asyncio.StreamWriter) -> None:
    """Answer nothing, for ever."""
    await asyncio.Event().wait()
