"""Triggers that another program put on tables of the network, and what they would do to rows that Backbeat writes.

The network's indexer counts and notifies by triggers (domain: chain and entities, 7.3). Beside ours each count would be
made twice. Triggers are judged by the text of their functions, because their names change from version to version.
"""

from enum import StrEnum
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.db.migration_files import read
from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.errors import DatabaseError, UnfitDatabaseError

READ = load(__package__, "foreign_triggers.sql")
NAMED_MAX = 12  # triggers that a message names; the network has some twenty


class Harm(StrEnum):
    """What a trigger of another program does beside ours."""

    COUNTS = "counts"
    """It writes the tables of counts, as ours do: everything would be counted twice."""
    NOTIFIES = "notifies"
    """It tells listeners of rows, which costs time and harms nothing."""
    OTHER = "other"
    """Anything else, such as rows of ``notification``."""


class ForeignTrigger(msgspec.Struct, frozen=True):
    """A trigger on a table of the network whose function is not of the schema ``backbeat``."""

    table: str
    name: str
    function: str
    is_enabled: bool
    harm: Harm

    @property
    def forbids_blocks(self) -> bool:
        """Whether no block may be written while it is as it is."""
        return self.is_enabled and self.harm == Harm.COUNTS

    @property
    def told(self) -> str:
        """Return it in words."""
        return f"{self.table}.{self.name}"


async def read_triggers(connection: AsyncConnection[Any], *, counting: bool = False) -> list[ForeignTrigger]:
    """Return the triggers of others, by table and name; ``counting``: those for each row that forbid blocks."""
    tables = [table for migration in read().values() for table in migration.tables]
    found = await every(connection, ForeignTrigger, READ, {"tables": tables, "counting": counting})
    return [each for each in found if each.forbids_blocks or not counting]


def named(triggers: list[ForeignTrigger]) -> str:
    """Return triggers in words, the first of many."""
    more = len(triggers) - NAMED_MAX
    return ", ".join(each.told for each in triggers[:NAMED_MAX]) + (f" and {more} more" if more > 0 else "")


def disabling(triggers: list[ForeignTrigger]) -> str:
    """Return the statements that keep triggers from running, as their owner types them."""
    return "; ".join(f"ALTER TABLE {each.table} DISABLE TRIGGER {each.name}" for each in triggers)


def refusal(counting: list[ForeignTrigger]) -> DatabaseError:
    """Return why no block may be written while triggers count beside ours."""
    return UnfitDatabaseError(
        "foreign_trigger_enabled",
        f"Triggers of another program count what Backbeat counts: {named(counting)}.",
        cure="Nothing was counted twice: no block is written while they are enabled. Find out who enabled them, a "
        f"deployment of the other indexer perhaps. Then, as the tables' owner: {disabling(counting[:NAMED_MAX])}.",
    )
