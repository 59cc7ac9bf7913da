"""What a database holds that is to be adopted: read in one snapshot; nothing is written, no reader or writer waits."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from backbeat.adopt.definitions import Definition, of_statement
from backbeat.adopt.wanted import Table, Wanted
from backbeat.beside.frontier import foreign_chain
from backbeat.db.foreign_triggers import ForeignTrigger, read_triggers
from backbeat.db.query import every, one, value
from backbeat.db.sql import compose, load
from backbeat.incremental.transaction import one_snapshot

SERVER = load(__package__, "survey_server.sql")
COLUMNS = load(__package__, "survey_columns.sql")
INDEXES = load(__package__, "survey_indexes.sql")
ENUMS = load(__package__, "survey_enums.sql")
CHAINS = load(__package__, "survey_chains.sql")
MOVES = load(__package__, "survey_moves.sql")
SESSIONS = load(__package__, "survey_sessions.sql")
OURS = load(__package__, "survey_ours.sql")
BOUND = load(__package__, "survey_bound.sql")
STEPS_DONE = load(__package__, "steps_done.sql")
MIGRATIONS = load(__package__, "migrations_count.sql")

LOOK_AGAIN_SECONDS = 5.0  # a chain makes a block a second, and a writer that is alive commits within a few

Pause = Callable[[float], Awaitable[None]]
VERSION_COLUMNS = frozenset({"is_current", "txhash", "blocknumber"})
"""What tells the versions of a row apart, and which is the present one."""


class Server(msgspec.Struct, frozen=True):
    """The server, and what our role may do there."""

    version_number: int
    """As ``server_version_num`` says it."""
    database: str
    """The database."""
    role: str
    """Our role."""
    is_standby: bool
    """Whether it can only be read."""
    may_create: bool
    """Whether our role may make schemas and tables."""
    not_owned: list[str]
    """Tables of the network that our role does not own, so that it can change none of them."""
    ledgers: list[str]
    """Tables in which other programs keep what they did."""


class FoundColumn(msgspec.Struct, frozen=True):
    """A column that is there."""

    table_name: str
    """Its table."""
    name: str
    """Its name."""
    type: str
    """Its type."""
    needs_value: bool
    """Whether a row without it is refused."""
    table_rows: int
    """How many rows the table has, as the server estimates."""
    table_bytes: int
    """What the table takes without its indexes."""
    storage: list[str]
    """The table's storage parameters."""


class FoundIndex(msgspec.Struct, frozen=True):
    """An index that is there."""

    table_name: str
    """Its table."""
    name: str
    """Its name."""
    statement: str
    """What would make it, as the server says."""
    is_primary: bool
    """Whether it is that of the primary key."""
    is_valid: bool
    """Whether it may be used; False: a build was cut off, or is under way."""
    is_building: bool
    """Whether a session builds it now."""
    constraint_name: str | None
    """The constraint that it belongs to."""
    columns: list[str | None]
    """The columns of its key; None for an expression."""

    @property
    def definition(self) -> Definition | None:
        """Return what it holds; None where that cannot be read."""
        return of_statement(self.statement)


class Chain(msgspec.Struct, frozen=True):
    """What the network's bookkeeping holds of a chain."""

    chain_id: str
    """Its id."""
    height: int
    """Its last height."""
    first_height: int
    """Its first height."""
    missing: int
    """How many heights between them are not there."""
    is_whole: bool
    """Whether the last block that is noted is written as well."""


class Repeat(msgspec.Struct, frozen=True):
    """A key that more than one row has."""

    table: str
    """The table."""
    columns: tuple[str, ...]
    """The columns of the key."""
    key: str
    """Their values."""
    keys: int
    """How many such keys there are."""
    txhashes: tuple[str, ...] = ()
    """The transactions that the rows are of, newest first."""


class Position(msgspec.Struct, frozen=True):
    """How far a database is written."""

    height: int
    number: int
    play_id: int


class ClientSession(msgspec.Struct, frozen=True):
    """Another session of the database."""

    pid: int
    """Its process on the server."""
    application: str
    """What it calls itself."""
    role: str
    """Whose it is."""
    state: str
    """What it does."""
    since: datetime | None
    """When its transaction began; None: it has none open."""


class Ours(msgspec.Struct, frozen=True):
    """What Backbeat keeps of itself in the database."""

    migrations: int
    """How many migrations are on record; from the switch on all of them."""
    steps: frozenset[str]
    """The steps of an adoption that were done."""
    names: frozenset[str]
    """The relations and types of our own schema."""
    is_beside: bool = False
    """Whether it is ours but for its blocks, which another indexer writes."""


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """All that is asked of a database before anything is done to it."""

    server: Server
    """The server."""
    ours: Ours
    """What is ours there."""
    columns: Mapping[str, Mapping[str, FoundColumn]]
    """The columns of tables that migrations would make, by table and name."""
    indexes: Mapping[str, Sequence[FoundIndex]]
    """Their indexes, by table."""
    triggers: Sequence[ForeignTrigger]
    """Triggers of others on them."""
    enums: Mapping[str, Sequence[str]]
    """Types of values, by name."""
    chains: Sequence[Chain]
    """What the bookkeeping holds, by chain."""
    repeats: Sequence[Repeat]
    """Keys of which more than one row stands where there is to be one."""
    before: Position
    """Where it stood."""
    after: Position
    """Where it stood a few seconds later."""
    sessions: Sequence[ClientSession]
    """Who else is connected."""
    bound: Mapping[str, Sequence[str]]
    """What is made of tables that another one is put in place of, or belongs to them, by table."""

    @property
    def is_written(self) -> bool:
        """Whether an indexer wrote to it while it was looked at."""
        return self.before != self.after

    def rows(self, table: str) -> int:
        """Return how many rows a table has, as the server estimates."""
        return max((column.table_rows for column in self.columns.get(table, {}).values()), default=0)

    def bytes(self, table: str) -> int:
        """Return what a table takes without its indexes."""
        return max((column.table_bytes for column in self.columns.get(table, {}).values()), default=0)

    def storage(self, table: str) -> set[str]:
        """Return a table's storage parameters, each as ``name=value``."""
        return {one for column in self.columns.get(table, {}).values() for one in column.storage}

    def has_index(self, wanted: Definition) -> bool:
        """Tell whether a good index holds the same, whatever its name; a unique one does for one that is not."""
        unique = msgspec.structs.replace(wanted, is_unique=True)
        good = {index.definition for index in self.indexes.get(wanted.table, ()) if index.is_valid}
        return wanted in good or unique in good

    def has_key(self, table: str, columns: Iterable[str]) -> bool:
        """Tell whether a good unique index over exactly these columns, of all rows, is there."""
        wanted = set(columns)
        return any(
            index.is_valid and set(index.columns) == wanted and found.is_unique and not found.predicate
            for index in self.indexes.get(table, ())
            if (found := index.definition) is not None
        )


async def survey(
    connection: AsyncConnection[Any],
    wanted: Wanted,
    *,
    pause: Pause = asyncio.sleep,
    look_again_seconds: float = LOOK_AGAIN_SECONDS,
) -> Survey:
    """Ask everything, in one snapshot; ``connection`` is in autocommit mode. Waits to see whether an indexer writes."""
    names = {"tables": list(wanted.tables)}
    async with one_snapshot(connection):
        columns = _by_table(await every(connection, FoundColumn, COLUMNS, names))
        indexes: dict[str, list[FoundIndex]] = {}
        for index in await every(connection, FoundIndex, INDEXES, names):
            indexes.setdefault(index.table_name, []).append(index)
        found = Survey(
            server=await one(connection, Server, SERVER, names),
            ours=await _ours(connection),
            columns=columns,
            indexes=indexes,
            triggers=await read_triggers(connection),
            enums=dict(await every(connection, tuple, ENUMS)),
            chains=await every(connection, Chain, CHAINS)
            if {"core_indexed_blocks", "blocks"} <= columns.keys()
            else [],
            repeats=[],
            before=await position(connection, columns),
            after=Position(0, 0, 0),
            sessions=await every(connection, ClientSession, SESSIONS),
            bound=await _bound(connection, wanted),
        )
        repeats = [each for table in wanted.tables.values() for each in await _repeats(connection, found, table)]
    await pause(look_again_seconds)
    after = await position(connection, columns)
    return msgspec.structs.replace(found, repeats=repeats, after=after)


async def position(connection: AsyncConnection[Any], columns: Iterable[str]) -> Position:
    """Return how far the database is written."""
    if not {"core_indexed_blocks", "blocks", "plays"} <= set(columns):
        return Position(0, 0, 0)
    return await one(connection, Position, MOVES)


async def _ours(connection: AsyncConnection[Any]) -> Ours:
    has_ledger, has_steps, has_cursor, names = await one(connection, tuple, OURS)
    migrations = await value(connection, MIGRATIONS) if has_ledger else 0
    steps = {step for (step,) in await every(connection, tuple, STEPS_DONE)} if has_steps else set()
    is_beside = "backbeat.beside" in names and await foreign_chain(connection) is not None
    return Ours(migrations or int(has_cursor and not has_steps), frozenset(steps), frozenset(names), is_beside)


async def _bound(connection: AsyncConnection[Any], wanted: Wanted) -> dict[str, list[str]]:
    names = {"tables": [table.name for table in wanted.tables.values() if table.is_rewritten]}
    bound: dict[str, list[str]] = {}
    for table, what in await every(connection, tuple, BOUND, names):
        bound.setdefault(table, []).append(what)
    return bound


async def _repeats(connection: AsyncConnection[Any], found: Survey, table: Table) -> list[Repeat]:
    """Return keys that several rows have, where a unique index has to be built."""
    there = found.columns.get(table.name, {})
    repeats = []
    for index in table.indexes:
        if index.is_of_current_rows and there.keys() >= VERSION_COLUMNS and not found.has_index(index.definition):
            key = tuple(column for column in index.definition.keys.split(",") if column in there)
            repeats += await _asked(connection, "survey_duplicates.sql", table.name, key)
    for columns in table.unique_keys:
        if there and set(columns) <= there.keys() and not found.has_key(table.name, columns):
            repeats += await _asked(connection, "survey_repeats.sql", table.name, columns)
    return repeats


async def _asked(connection: AsyncConnection[Any], name: str, table: str, key: tuple[str, ...]) -> list[Repeat]:
    columns = SQL(", ").join(map(Identifier, key))
    asked = compose(__package__, name, table=("public", table), columns=columns)
    rows = await every(connection, dict, asked)
    return [Repeat(table, key, str(row["key"]), int(row["keys"]), tuple(row.get("txhashes") or ())) for row in rows]


def _by_table(columns: Iterable[FoundColumn]) -> dict[str, dict[str, FoundColumn]]:
    found: dict[str, dict[str, FoundColumn]] = {}
    for column in columns:
        found.setdefault(column.table_name, {})[column.name] = column
    return found
