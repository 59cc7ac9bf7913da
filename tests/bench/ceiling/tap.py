"""A socket before a server's: bytes go through both ways, and what clients say is kept."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from bench.ceiling.frontend import Session, session

CHUNK_BYTES = 1 << 18
INDEXING = "backbeat/indexing"


Said = list[tuple[int, bytes]]
"""What one client said, each piece with its number among those of all clients."""


class Address(NamedTuple):
    """A database behind a Unix socket."""

    socket: Path
    database: str


def address(url: str) -> Address:
    """Return where a database's socket lies, its server being one of our own."""
    parts = urlsplit(url)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return Address(Path(asked["host"]) / f".s.PGSQL.{asked['port']}", parts.path.removeprefix("/"))


class Tap:
    """What every client has said until now; use :func:`tapped`."""

    def __init__(self, upstream: Path) -> None:
        self._upstream = upstream
        self._said: list[Said] = []
        self._order = count()

    @property
    def indexing(self) -> list[Session]:
        """Return the sessions of the block loop's own lane that said something, in the order in which they came."""
        sessions = [session(chunks) for chunks in self._said]
        return [each for each in sessions if each and each.messages and _is_indexing(each)]

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client to its end."""
        said: Said = []
        self._said.append(said)
        server_reader, server_writer = await asyncio.open_unix_connection(self._upstream)
        await asyncio.gather(_pass_on(reader, server_writer, self._keep(said)), _pass_on(server_reader, writer))

    def _keep(self, said: Said) -> Callable[[bytes], None]:
        return lambda chunk: said.append((next(self._order), chunk))


def _is_indexing(each: Session) -> bool:
    return each.parameters.get("application_name", "").startswith(INDEXING)


async def _pass_on(
    source: asyncio.StreamReader, sink: asyncio.StreamWriter, keep: Callable[[bytes], None] | None = None
) -> None:
    with suppress(ConnectionError):
        while chunk := await source.read(CHUNK_BYTES):
            if keep is not None:
                keep(chunk)
            sink.write(chunk)
            await sink.drain()
    sink.close()


@asynccontextmanager
async def tapped(url: str) -> AsyncIterator[tuple[str, Tap]]:
    """Yield another address of the same database, and what is said through it."""
    place = address(url)
    tap = Tap(place.socket)
    with tempfile.TemporaryDirectory() as folder:
        server = await asyncio.start_unix_server(tap.accept, Path(folder) / place.socket.name, limit=CHUNK_BYTES)
        port = place.socket.name.rpartition(".")[2]
        query = urlencode({"host": folder, "port": port})
        try:
            yield urlsplit(url)._replace(query=query).geturl(), tap
        finally:
            server.close()
