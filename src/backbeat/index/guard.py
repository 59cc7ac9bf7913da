"""Stops the block loop where another program would spoil what it writes, before the next commit.

Triggers are looked at when the loop begins, and again as soon as a commit meets one that was not known then: the
statement that moves the cursor refuses it, and a block of another program behind the cursor likewise. Columns and keys
are looked at when the loop begins and when the server refuses a statement.
"""

from typing import Any, Final, NamedTuple

import psycopg
from psycopg import AsyncConnection

from backbeat.db import foreign_triggers
from backbeat.db.query import column, every, first
from backbeat.db.sql import load
from backbeat.errors import UnfitDatabaseError
from backbeat.index.row import Row
from backbeat.index.rows import ROW_TYPES, WRITTEN
from backbeat.index.tables import describe

ENABLED = load(__package__, "guard_enabled.sql")
BEYOND = load(__package__, "guard_beyond.sql")
KEYS = load(__package__, "guard_keys.sql")
UNWRITTEN = load(__package__, "guard_unwritten.sql")

TRIGGER_STATE: Final = "BB003"  # the SQLSTATE of a commit that met a trigger which was not known
WRITER_STATE: Final = "BB004"  # of one that met a block of another transaction


class Key(NamedTuple):
    """A unique index. ``columns`` are in the order of their names; ``is_partial``: it is over some rows alone."""

    table: str
    columns: list[str]
    is_partial: bool


class Guard:
    """What was found when a database was looked at last. ``known_triggers``: triggers of rows that were judged."""

    def __init__(self) -> None:
        self.known_triggers: list[int] = []

    async def look(self, connection: AsyncConnection[Any]) -> None:
        """Raise UnfitDatabaseError where triggers of another program count what ours count."""
        known = await column(connection, ENABLED)  # first: what comes later is met by a commit
        counting = [each for each in await foreign_triggers.read_triggers(connection) if each.forbids_blocks]
        if counting:
            raise foreign_triggers.refusal(counting)
        self.known_triggers = known


def met_trigger(error: psycopg.Error) -> bool:
    """Tell whether a commit was broken off beside a trigger that was not known; judged, it may be tried again."""
    return error.sqlstate == TRIGGER_STATE


def met_writer(error: psycopg.Error) -> bool:
    """Tell whether a commit was broken off for a block that another program indexed."""
    return error.sqlstate == WRITER_STATE


async def look_beyond(connection: AsyncConnection[Any]) -> None:
    """Raise UnfitDatabaseError where blocks behind the cursor are indexed: another program goes on with the chain."""
    if (found := await first(connection, tuple, BEYOND)) is not None:
        chain_id, own_height, height = found
        raise UnfitDatabaseError(
            "another_writer",
            f"Another program indexed block {height} of {chain_id!r}; Backbeat stands at {own_height}.",
            cure="Nothing was written twice. Let one program index a database: stop the other one. To go on behind "
            "what it indexed, take the database over again: `backbeat adopt --dry-run`.",
        )


async def look_at_tables(connection: AsyncConnection[Any]) -> None:
    """Raise UnfitDatabaseError where rows can no longer be written as they are: a column or a key is not as it was."""
    await describe(connection, ROW_TYPES)
    await _look_for_unwritten(connection)
    await _look_at_keys(connection, [row for row in ROW_TYPES if not row.only_read])


async def _look_for_unwritten(connection: AsyncConnection[Any]) -> None:
    for table, name in await every(connection, tuple, UNWRITTEN, {"tables": list(WRITTEN)}):
        if name not in WRITTEN[table]:
            raise UnfitDatabaseError(
                "column_not_written",
                f"Column {name} of table {table} must have a value, and Backbeat does not know it.",
                cure=f"Nothing was written. ALTER TABLE {table} ALTER COLUMN {name} DROP NOT NULL, or SET DEFAULT.",
            )


async def _look_at_keys(connection: AsyncConnection[Any], written: list[type[Row]]) -> None:
    keys = [Key(*found) for found in await every(connection, tuple, KEYS, {"tables": list(WRITTEN)})]
    for row in written:
        wanted = sorted(row.identity)
        if not any(
            key.table == row.table and key.columns == wanted and (row.versioned or not key.is_partial) for key in keys
        ):
            raise UnfitDatabaseError(
                "key_missing",
                f"Table {row.table} has no unique index over {', '.join(row.identity)}"
                f"{' where is_current' if row.versioned else ''}.",
                cure="Nothing was written. Find out who dropped it, and make it again as `backbeat migrate` did in "
                "an empty database.",
            )
