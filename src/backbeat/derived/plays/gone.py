"""Plays that are gone, and whether what counts plays can still be computed again (docs/decisions/0040-pruned-plays.md).

A program that deletes plays with DELETE leaves their sums behind. Plays that went otherwise, by TRUNCATE, with a
partition, or before this database had our triggers, leave none: then a table that counted them knows more than a
recompute would.
"""

from datetime import datetime
from typing import Any, LiteralString, NamedTuple

from psycopg import AsyncConnection

from backbeat.db.query import one, value
from backbeat.db.sql import load
from backbeat.errors import PlaysLostError
from backbeat.incremental.transaction import Session, fenced

LOST = load(__package__, "gone_lost.sql")
READ = load(__package__, "gone_read.sql")
LOCK = load(__package__, "gone_lock.sql")
ACCEPT_HOURS = load(__package__, "gone_accept_hours.sql")
ACCEPT_LISTENS = load(__package__, "gone_accept_listens.sql")
ACCEPTED = load(__package__, "gone_accepted.sql")

CURE = (
    "What is kept stays, and new plays are counted. To go by what the tables say of those plays, and be able to "
    "rebuild again: `backbeat plays accept`."
)


class Lost(NamedTuple):
    """What shows that plays went without being summed up."""

    truncated_at: datetime | None
    """When the table was emptied by TRUNCATE; None: it was not, or what it took was accepted."""
    lost_hours: int
    """Hours before the oldest play that hold more plays than plays and sums tell of."""

    @property
    def are_lost(self) -> bool:
        """Say whether there are such plays."""
        return self.truncated_at is not None or self.lost_hours > 0


class Accepted(NamedTuple):
    """What was summed up of plays that are gone, by what tables say of them."""

    hours: int
    """Hours."""
    listens: int
    """Users' tracks."""


class NothingLost:
    """Lets a table be recomputed only where plays and sums together tell all that it knows of plays that are gone."""

    def __init__(self, name: str, lost: LiteralString | None = None) -> None:
        self._name = name
        self._lost = lost

    async def check(self, connection: AsyncConnection[Any]) -> None:
        """Raise PlaysLostError where a recompute would forget plays."""
        found = await find_lost(connection)
        if found.truncated_at is not None:
            what = f"the table plays was emptied on {found.truncated_at:%Y-%m-%d %H:%M} UTC"
        elif found.lost_hours:
            what = f"{found.lost_hours} hours before the oldest play count more plays than there are"
        elif self._lost is not None and await value(connection, self._lost, prepare=False):
            what = "it holds entries older than the oldest play, of which no play tells"
        else:
            return
        raise PlaysLostError(
            "plays_lost",
            f"{self._name} cannot be computed again: {what}, and nobody summed up what is gone.",
            cure=CURE,
        )

    async def recomputed(self, connection: AsyncConnection[Any]) -> None:
        """Note that plays which went before this job read them are counted."""
        await connection.execute(READ, {"checkpoint": self._name})


async def find_lost(connection: AsyncConnection[Any]) -> Lost:
    """Return what the table of hours, and a TRUNCATE, show of plays that went without being summed up."""
    return await one(connection, Lost, LOST)


async def accept(session: Session) -> Accepted:
    """Take what hours and listening histories say of plays that are gone for the sums of those plays.

    It reads both tables once. Repeated it does nothing.
    """
    connection = session.connection
    async with fenced(session, whole=True):
        await connection.execute(LOCK)
        hours = (await connection.execute(ACCEPT_HOURS, prepare=False)).rowcount
        listens = (await connection.execute(ACCEPT_LISTENS, prepare=False)).rowcount
        await connection.execute(ACCEPTED)
    return Accepted(hours, listens)
