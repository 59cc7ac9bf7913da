"""The state of one database by one snapshot: sums of its tables, of parts of them, and rows."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import partial
from hashlib import sha256
from typing import Any, Self

import msgspec
from psycopg import AsyncConnection
from psycopg.sql import Composed

from backbeat.db.query import every, first, one, value
from backbeat.db.sql import compose, load
from backbeat.digest.answers import (
    CHARACTERS_MAX,
    MODULUS,
    ROWS_MAX,
    STEP_DIGITS,
    Asked,
    Bucket,
    Buckets,
    Digest,
    FoundRow,
    FoundRows,
    TableDigest,
    summed,
)
from backbeat.digest.columns import WHOLE, Piece, Shape, read_shapes
from backbeat.errors import DigestError
from backbeat.incremental.transaction import one_snapshot

SETTINGS = load(__package__, "settings.sql")
HEIGHT = load(__package__, "height.sql")
BLOCK_AT = load(__package__, "block_at.sql")

Progress = Callable[[int], None]
"""Is told how many pages of tables are read."""


class Place(msgspec.Struct, frozen=True):
    """Where a database stands."""

    chain_id: str = ""
    height: int = 0
    block_hash: str = ""


class _Sums(msgspec.Struct, frozen=True):
    rows: int
    high: Decimal
    low: Decimal


class _Part(msgspec.Struct, frozen=True):
    prefix: str
    rows: int
    high: Decimal
    low: Decimal


class _Row(msgspec.Struct, frozen=True):
    place: str
    hash: str
    texts: list[str | None]
    hashes: list[str | None]


class State:
    """What a database holds, while the snapshot of :func:`seen` is open."""

    def __init__(self, connection: AsyncConnection[Any], place: Place, asked: Asked, block_number: int) -> None:
        self._connection = connection
        self._asked = asked
        self._bounds = {"height": asked.at, "block_number": block_number}
        self.place = place

    @classmethod
    async def read(cls, connection: AsyncConnection[Any], asked: Asked) -> Self:
        """Return the state at the height that is asked for. Raises DigestError while that is ahead."""
        place = await first(connection, Place, HEIGHT) or Place()
        if asked.at is None:
            return cls(connection, place, asked, 0)
        if place.height < asked.at:
            raise not_reached(place.height, asked.at)
        if place.height == asked.at:
            return cls(connection, place, msgspec.structs.replace(asked, at=None), 0)
        number = await value(connection, BLOCK_AT, {"chain_id": place.chain_id, "height": asked.at})
        return cls(connection, Place(place.chain_id, asked.at), asked, number)

    async def shapes(self, names: Collection[str] = ()) -> Sequence[Shape]:
        """Return the tables, all or the named ones, as they are digested."""
        return await read_shapes(self._connection, names, exact=self._asked.exact)

    def has(self, shape: Shape) -> bool:
        """Say whether a table can be seen as of the height: as it is now, or because it only grows."""
        return self._asked.at is None or shape.table.growing is not None

    async def digest(self, names: Collection[str] = (), progress: Progress = lambda _: None) -> Digest:
        """Return the sums of all tables or the named ones; those that cannot be seen are named in ``past``."""
        shapes = await self.shapes(names)
        tables, done = [], 0
        for shape in shapes:
            if self.has(shape):
                tables.append(await self._table(shape, partial(_behind, progress, done)))
            done += shape.pages
        return Digest(
            chain_id=self.place.chain_id,
            height=self.place.height,
            block_hash=self.place.block_hash,
            exact=self._asked.exact,
            digest=whole(tables),
            tables=tuple(tables),
            past=tuple(shape.table.name for shape in shapes if not self.has(shape)),
        )

    async def buckets(self, table: str, prefixes: Sequence[str]) -> Buckets:
        """Return the parts of the parts of a table with these prefixes, which are of one length."""
        (shape,) = await self.shapes([table])
        values = {**self._values(prefixes), "digits": len(prefixes[0]) + STEP_DIGITS}
        found = await every(self._connection, _Part, self._composed("buckets.sql", shape), values, prepare=False)
        parts = (Bucket(each.prefix, each.rows, summed(each.high, each.low)) for each in found)
        return Buckets(self.place.height, tuple(parts))

    async def rows(self, table: str, prefixes: Sequence[str]) -> FoundRows:
        """Return the first rows of the parts of a table with these prefixes, which are of one length."""
        (shape,) = await self.shapes([table])
        values = {**self._values(prefixes), "limit": ROWS_MAX, "characters": CHARACTERS_MAX}
        found = await every(self._connection, _Row, self._composed("rows.sql", shape), values, prepare=False)
        rows = (FoundRow(each.place, each.hash, tuple(each.texts), tuple(each.hashes)) for each in found)
        return FoundRows(self.place.height, shape.columns, shape.names, tuple(rows))

    async def _table(self, shape: Shape, progress: Progress) -> TableDigest:
        rows, high, low = 0, Decimal(0), Decimal(0)
        for piece in shape.pieces():
            text = statement("sums.sql", shape, self._asked, piece)
            found = await one(self._connection, _Sums, text, self._values(), prepare=False)
            rows, high, low = rows + found.rows, high + found.high, low + found.low
            progress(shape.pages if piece.end is None else piece.end)
        return TableDigest(
            table=shape.table.name,
            kind=shape.table.kind,
            rows=rows,
            digest=summed(high, low),
            columns=shape.columns,
        )

    def _values(self, prefixes: Sequence[str] = ("",)) -> Mapping[str, Any]:
        return {"key": self._asked.key, "prefixes": list(prefixes), "given": len(prefixes[0]), **self._bounds}

    def _composed(self, name: str, shape: Shape) -> Composed:
        if not self.has(shape):
            raise passed(shape.table.name, self.place.height)
        return statement(name, shape, self._asked)


def _behind(progress: Progress, before: int, pages: int) -> None:
    progress(before + pages)


def statement(name: str, shape: Shape, asked: Asked, piece: Piece = WHOLE) -> Composed:
    """Return one of the statements over a table."""
    parts = {"content": shape.content, "place": shape.place, "texts": shape.texts}
    conditions = {"bound": shape.bound(asked), "piece": piece.condition}
    return compose(__package__, name, table=shape.identifier, **parts, **conditions)


@asynccontextmanager
async def seen(connection: AsyncConnection[Any], asked: Asked, *, seconds: float) -> AsyncIterator[State]:
    """Lend the state by one snapshot that reads only; no statement takes longer than ``seconds``."""
    async with one_snapshot(connection):
        await connection.execute(SETTINGS, {"milliseconds": f"{round(seconds * 1000)}"})
        yield await State.read(connection, asked)


def whole(tables: Sequence[TableDigest]) -> str:
    """Return the sum over tables of a hash of each, its name and columns included."""
    lines = (f"{each.table} {','.join(each.columns)} {each.rows} {each.digest}" for each in tables)
    return f"{sum(int.from_bytes(sha256(line.encode()).digest()[:16]) for line in lines) % MODULUS:032x}"


def not_reached(height: int, at: int) -> DigestError:
    """Return what is raised while a database has not come to a height."""
    return DigestError(
        "digest_height_not_reached",
        f"The database stands at height {height}, not yet at {at}.",
        cure=f"Let it index on, as with `backbeat up --stop-at {at}`, or wait for it with --wait SECONDS.",
    )


def passed(table: str, at: int) -> DigestError:
    """Return what is raised for a table whose rows of a height have been written over."""
    return DigestError(
        "digest_height_passed",
        f"The rows that {table} had at height {at} have been written over since.",
        cure=f"Index another database up to there, with `backbeat up --stop-at {at}`, or compare without --at.",
    )
