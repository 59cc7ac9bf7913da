"""One of two databases that are compared: how it is read, and where its chain stands at each look."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection
from psycopg.abc import QueryNoTemplate

from backbeat.clock import Clock, without_zone
from backbeat.db import address
from backbeat.db.connection import LaneConnection
from backbeat.db.query import every, first, one, value
from backbeat.db.sql import load
from backbeat.incremental.transaction import SNAPSHOT
from backbeat.watch.statements import COLUMNS, Column, Key, Shape, key_arrays, key_values
from backbeat.watch.subjects import SUBJECTS

APPLICATION: Final = "backbeat/watch"
HEIGHT_HERE = load(__package__, "height_here.sql")
HEIGHT_THERE = load(__package__, "height_there.sql")
FACTS = load(__package__, "facts.sql")
CATALOGUE = load(__package__, "catalogue.sql")
CURSOR = load(__package__, "cursor.sql")

READ_ONLY: Final[Mapping[str, str]] = {
    "default_transaction_read_only": "on",
    "statement_timeout": "5s",  # a look takes milliseconds by an index; without one it is not worth its price
    "lock_timeout": "1s",
    "idle_in_transaction_session_timeout": "15s",
    "max_parallel_workers_per_gather": "0",
    "work_mem": "4MB",
}
"""What keeps a session out of the way of the system that it looks at."""
PRUNED_DAYS: Final = 390  # plays are pruned at 400 days

Row = tuple[str | None, ...]


class Sight(msgspec.Struct, frozen=True):
    """The rows of some keys, in one snapshot."""

    height: int
    rows: Mapping[Key, Sequence[Row]]


class Cursor(msgspec.Struct, frozen=True):
    """Where our block loop stands."""

    chain_id: str
    block_number: int


class Facts(msgspec.Struct, frozen=True):
    """What is known of the other indexer beside its rows."""

    trended_at: datetime | None = None
    """When it last wrote a score among the best of the week."""
    untold: int = 0
    """Of how many completed rewards nobody was told, 500 at most."""


class _Texts(msgspec.Struct, frozen=True):
    key: list[str]
    texts: list[str | None]


class _Changed(msgspec.Struct, frozen=True):
    key: list[str]
    number: int


class _Proof(msgspec.Struct, frozen=True):
    key: list[str]
    columns: list[str]
    texts: list[str | None]


class Side:
    """A database by a session of its own, which is opened again when it was lost; nothing here writes."""

    def __init__(self, url: str, clock: Clock, *, is_ours: bool) -> None:
        self._address = address.parse(url)
        self._clock = clock
        self._height = HEIGHT_HERE if is_ours else HEIGHT_THERE
        self._connection: LaneConnection | None = None
        self.chain_id = ""

    async def close(self) -> None:
        """End the session."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def session(self) -> AsyncConnection[Any]:
        """Return the session. Raises DatabaseError where there is no answer."""
        if self._connection is None or self._connection.closed:
            self._connection = await address.connect(self._address, APPLICATION, **READ_ONLY)
        return self._connection

    @asynccontextmanager
    async def look(self) -> AsyncIterator[AsyncConnection[Any]]:
        """Lend the session in one snapshot that only reads."""
        connection = await self.session()
        async with connection.transaction():
            await connection.execute(SNAPSHOT)
            yield connection

    async def read_cursor(self) -> Cursor | None:
        """Return where our block loop stands; None before the first block."""
        return await first(await self.session(), Cursor, CURSOR)

    async def read_height(self) -> int | None:
        """Return the height up to which everything is written; None where the chain is unknown."""
        async with self.look() as connection:
            return await self._read_height(connection)

    async def _read_height(self, connection: AsyncConnection[Any]) -> int | None:
        found = await value(connection, self._height, {"chain_id": self.chain_id})
        return None if found is None else int(found)

    async def columns(self) -> list[Column]:
        """Return the columns of the tables that are compared as far as both have them."""
        names = [subject.table for subject in SUBJECTS.values() if subject.table]
        return await every(await self.session(), Column, COLUMNS, {"names": names})

    async def next_keys(self, shape: Shape, after: Key | None, limit: int) -> list[Key]:
        """Return the keys behind ``after``, in this database's order."""
        values = {"limit": limit, **(key_values(shape.subject, after) if after is not None else {})}
        async with self.look() as connection:
            found = await self._every(connection, tuple, shape.next_keys(after), values)
        return [tuple(key) for (key,) in found]

    async def changed(self, shape: Shape, above: int, limit: int) -> tuple[list[Key], int]:
        """Return the keys that blocks wrote behind ``above``, and the last block of those."""
        async with self.look() as connection:
            found = await self._every(connection, _Changed, shape.changed(), {"above": above, "limit": limit})
        return list(dict.fromkeys(tuple(each.key) for each in found)), max(
            (each.number for each in found), default=above
        )

    async def rows(self, shape: Shape, keys: Sequence[Key]) -> Sight:
        """Return the rows of keys, with the height of the same snapshot."""
        rows = defaultdict[Key, list[Row]](list)
        async with self.look() as connection:
            height = await self._read_height(connection)
            for each in await self._every(connection, _Texts, shape.lookup(), key_arrays(shape.subject, keys)):
                rows[tuple(each.key)].append(tuple(each.texts))
        return Sight(height or 0, rows)

    async def proof(self, statement: QueryNoTemplate, keys: Sequence[Key]) -> Mapping[Key, Mapping[str, str | None]]:
        """Return what a query over the first part of keys says that their columns should hold."""
        values = {"keys": sorted({int(key[0]) for key in keys})}
        async with self.look() as connection:
            found = await self._every(connection, _Proof, statement, values)
        return {tuple(each.key): dict(zip(each.columns, each.texts, strict=True)) for each in found}

    async def facts(self) -> Facts:
        """Return what is known beside the rows."""
        async with self.look() as connection:
            return await one(connection, Facts, FACTS, {"now": without_zone(self._clock.now())}, prepare=False)

    async def catalogue(self) -> Mapping[str, tuple[Any, ...]]:
        """Return the rules of rewards, by challenge."""
        async with self.look() as connection:
            return {row[0]: tuple(row) for row in await every(connection, tuple, CATALOGUE)}

    async def _every(
        self, connection: AsyncConnection[Any], row: type[Any], statement: QueryNoTemplate, values: Mapping[str, Any]
    ) -> list[Any]:
        since = without_zone(self._clock.now()) - timedelta(days=PRUNED_DAYS)
        return await every(connection, row, statement, {**values, "kept_since": since}, prepare=False)
