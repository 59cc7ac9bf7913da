"""A stable address before a database: passes bytes on, turns to another server, or falls silent without a word."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

CHUNK_BYTES = 65_536
SECONDS_MAX = 10.0
TURNS_TO_END = 5  # of the loop: until those that were accepted have come in (3) and what is aborted is gone


class Proxy:
    """Listens on a loopback port of its own; ``upstream_port`` is where new connections are passed on to.

    ``pause_seconds``: how long it waits before it passes the next chunk on.
    """

    pause_seconds = 0.0

    def __init__(self, upstream_port: int) -> None:
        self.upstream_port = upstream_port
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._admitting = asyncio.Event()
        self._flowing: list[asyncio.Event] = []
        self._connections: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    def url(self, direct: str) -> str:
        """Return the address of a database, ``direct`` being its own over TCP, through this proxy."""
        parts = urlsplit(direct)
        return parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{self.port}").geturl()

    def freeze(self) -> None:
        """Pass on nothing more, and leave all connections open: those that there are stay dead for ever."""
        self._loop.call_soon_threadsafe(self._freeze)

    def admit(self) -> None:
        """Pass new connections on again."""
        self._loop.call_soon_threadsafe(self._admitting.set)

    def end(self) -> None:
        """Close everything."""
        self._loop.call_soon_threadsafe(self._ended.set)

    def run(self, started: threading.Event) -> None:
        """Serve until ended."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve(started))

    async def _serve(self, started: threading.Event) -> None:
        self._admitting.set()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await self._ended.wait()
        for listening in server.sockets:
            self._loop.remove_reader(listening)
        await asyncio.sleep(0)  # those accepted become connections first: asyncio drops them open once it is closed
        server.close()
        for connection in self._connections:
            connection.cancel()
        for writer in self._writers:
            writer.transport.abort()  # to close one would wait until the other side has read what it holds
        await asyncio.gather(*self._connections, return_exceptions=True)
        for _ in range(TURNS_TO_END):
            await asyncio.sleep(0)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        if self._ended.is_set():
            writer.transport.abort()
            return
        connection = asyncio.ensure_future(self._pass_on(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with contextlib.AsyncExitStack() as open_ends:
            open_ends.push_async_callback(_close, writer)
            await self._admitting.wait()
            try:
                upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self.upstream_port)
            except OSError:
                return
            open_ends.push_async_callback(_close, upstream_writer)
            self._writers.append(upstream_writer)
            self._flowing.append(flowing := asyncio.Event())
            flowing.set()
            ways = [self._pump(reader, upstream_writer, flowing), self._pump(upstream_reader, writer, flowing)]
            pumps = [asyncio.ensure_future(way) for way in ways]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, flowing: asyncio.Event) -> None:
        with contextlib.suppress(OSError):
            while chunk := await source.read(CHUNK_BYTES):
                await flowing.wait()
                if self.pause_seconds:
                    await asyncio.sleep(self.pause_seconds)
                sink.write(chunk)
                await sink.drain()
            await flowing.wait()

    def _freeze(self) -> None:
        self._admitting.clear()
        for flowing in self._flowing:
            flowing.clear()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


@contextmanager
def proxy(upstream_port: int) -> Iterator[Proxy]:
    """Run a proxy in a thread of its own."""
    running, started = Proxy(upstream_port), threading.Event()
    thread = threading.Thread(target=running.run, args=[started], daemon=True)
    thread.start()
    try:
        assert started.wait(SECONDS_MAX)
        yield running
    finally:
        running.end()
        thread.join(SECONDS_MAX)
