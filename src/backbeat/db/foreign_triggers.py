"""Triggers that another program put on tables of the network, and what they would do to rows that Backbeat writes.

The network's indexer counts and notifies by triggers (domain: chain and entities, 7.3). Beside ours each count would be
made twice. Triggers are judged by the text of their functions, because their names change from version to version: by
the same statement when a database is taken over, when blocks are written, and in the doctor and the status.
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
    TELLS = "tells"
    """It tells users of rewards or of what trends, as triggers and jobs of ours do."""
    NOTIFIES = "notifies"
    """It tells listeners of rows, which costs time and harms nothing."""
    OTHER = "other"
    """Anything else, such as other rows of ``notification``."""


class ForeignTrigger(msgspec.Struct, frozen=True):
    """A trigger on a table of the network whose function is not of the schema ``backbeat``."""

    table: str
    """Its table."""
    name: str
    """Its name."""
    function: str
    """The function that it calls."""
    digest: str
    """The MD5 of the function's text."""
    enabled: str
    """As ``pg_trigger.tgenabled``: ``O``, ``A`` and ``R`` are enabled, ``D`` is not."""
    harm: Harm
    """What it does."""

    @property
    def is_enabled(self) -> bool:
        """Whether writing to the table, in a session as ours, sets it off."""
        return self.enabled in {"O", "A"}

    @property
    def forbids_blocks(self) -> bool:
        """Whether no block may be written while it is as it is."""
        return self.is_enabled and self.harm in {Harm.COUNTS, Harm.TELLS}

    @property
    def slows_blocks(self) -> bool:
        """Whether each row costs time for listeners."""
        return self.is_enabled and self.harm == Harm.NOTIFIES

    @property
    def told(self) -> str:
        """Return it in words."""
        return f"{self.table}.{self.name}"


async def read_triggers(connection: AsyncConnection[Any]) -> list[ForeignTrigger]:
    """Return the triggers of others on tables that migrations make, by table and name."""
    tables = [table for migration in read().values() for table in migration.tables]
    return await every(connection, ForeignTrigger, READ, {"tables": tables})


def named(triggers: list[ForeignTrigger]) -> str:
    """Return triggers in words, the first of many."""
    more = len(triggers) - NAMED_MAX
    return ", ".join(each.told for each in triggers[:NAMED_MAX]) + (f" and {more} more" if more > 0 else "")


def disabling(triggers: list[ForeignTrigger]) -> str:
    """Return the statements that keep triggers from running, as their owner types them."""
    return "; ".join(f"ALTER TABLE {each.table} DISABLE TRIGGER {each.name}" for each in triggers)


def refusal(counting: list[ForeignTrigger]) -> DatabaseError:
    """Return why no block may be written while triggers count or tell beside ours."""
    return UnfitDatabaseError(
        "foreign_trigger_enabled",
        f"Triggers of another program count or tell what Backbeat does: {named(counting)}.",
        cure="Nothing was done twice: no block is written while they are enabled. Find out who enabled them, a "
        f"deployment of the other indexer perhaps. Then, as the tables' owner: {disabling(counting[:NAMED_MAX])}.",
    )
