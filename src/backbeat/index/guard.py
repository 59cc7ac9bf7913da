"""Stops the block loop where another program would spoil what it writes, before the next commit.

Triggers are looked at when the loop begins, and again as soon as a commit finds that others are enabled than were then,
or that what they call was replaced: the statement that moves the cursor refuses it, and a block of another program
behind the cursor likewise. Columns and keys are looked at when the loop begins and when the server refuses a statement.
The doctor and the status look at the same, with the same words.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import psycopg
import structlog
from psycopg import AsyncConnection

from backbeat.db import another_writer, foreign_triggers, written_tables
from backbeat.db.query import one
from backbeat.db.sql import load
from backbeat.db.written_tables import WrittenTable
from backbeat.index.rows import ROW_TYPES, WRITTEN

ENABLED = load(__package__, "guard_enabled.sql")

TRIGGER_STATE: Final = "BB003"  # the SQLSTATE of a commit that met other triggers than were looked at
WRITER_STATE: Final = "BB004"  # of one that met a block of another transaction

WRITTEN_TABLES: Final = tuple(
    WrittenTable(
        row.table,
        list(row.__struct_fields__),
        None if row.only_read else sorted(WRITTEN[row.table]),
        sorted(row.identity),
        row.versioned,
    )
    for row in ROW_TYPES
)
"""What each type of rows needs of its table."""

log = structlog.get_logger(__name__)


class Known(NamedTuple):
    """Which triggers were judged."""

    triggers: int
    """A hash of those that are enabled, and of the functions of others that they call, as they are."""
    functions: Sequence[int]
    """These functions, by their object ids."""


class Guard:
    """What was found when a database was looked at last. ``known``: None before."""

    def __init__(self) -> None:
        self.known: Known | None = None

    async def look(self, connection: AsyncConnection[Any]) -> None:
        """Raise UnfitDatabaseError where triggers of another program do what ours do."""
        known = await one(connection, Known, ENABLED)  # first: what comes later is met by a commit
        found = await foreign_triggers.read_triggers(connection)
        if counting := [each for each in found if each.forbids_blocks]:
            raise foreign_triggers.refusal(counting)
        if telling := [each for each in found if each.slows_blocks]:
            log.warning("foreign_triggers_notify", triggers=foreign_triggers.named(telling))
        self.known = known


def met_trigger(error: psycopg.Error) -> bool:
    """Tell whether a commit was broken off beside a trigger that was not known; judged, it may be tried again."""
    return error.sqlstate == TRIGGER_STATE


def met_writer(error: psycopg.Error) -> bool:
    """Tell whether a commit was broken off for a block that another program indexed."""
    return error.sqlstate == WRITER_STATE


async def look_beyond(connection: AsyncConnection[Any]) -> None:
    """Raise UnfitDatabaseError where blocks behind the cursor are indexed: another program goes on with the chain."""
    if (refusal := await another_writer.refusal(connection)) is not None:
        raise refusal


async def look_at_tables(connection: AsyncConnection[Any]) -> None:
    """Raise UnfitDatabaseError where rows can no longer be written as they are: a column or a key is not as it was."""
    for fault in await written_tables.faults(connection, WRITTEN_TABLES):
        raise written_tables.refusal(fault)
