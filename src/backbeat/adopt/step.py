"""What a step of an adoption is: small, in one transaction or outside of any, and done once however often begun."""

from collections.abc import Sequence
from typing import Any, LiteralString

import msgspec
from psycopg import AsyncConnection
from psycopg.sql import SQL, Composed

from backbeat.adopt.lock import Lock
from backbeat.adopt.patience import Work
from backbeat.db.sql import load

RECORD = load(__package__, "steps_record.sql")

OWN = "own schema"
SWITCH = "switch"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One change. It is planned from what is there, so one that is done is not planned again."""

    name: str
    """What the ledger calls it."""
    does: str
    """What it does, for people."""
    work: Work
    """Does it."""
    lock: Lock = Lock.NONE
    """What others have to do without."""
    tables: Sequence[str] = ()
    """The tables that it locks."""
    bytes: int = 0
    """About how much it adds to the database."""
    alone: bool = False
    """Whether it runs outside of any transaction, takes as long as it takes, and may be cut off and begun again."""


def running(*statements: SQL | Composed) -> Work:
    """Return the work of statements, one after the other."""

    async def work(connection: AsyncConnection[Any]) -> None:
        for statement in statements:
            await connection.execute(statement)

    return work


def text(statement: str) -> SQL:
    """Return a statement of a migration, or one that the server's catalogue says, as it stands."""
    return SQL(as_it_stands(statement))


def as_it_stands(statement: str) -> LiteralString:
    """Return text that is the program's own or the server's as what may be run."""
    return statement
