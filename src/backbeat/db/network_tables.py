"""Tables that only the network's own programs write, and that its API server cannot do without: made when asked for.

They are made empty, with the shapes that they have there, and what is there already stays as it is. Nothing of ours
reads or writes them, and nothing drops them.
"""

import re
from functools import cache
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg.sql import SQL

from backbeat.db.query import column
from backbeat.db.sql import load

NAMES = ("balances", "coins", "payments", "metrics", "chats")
"""The files, in the order in which they are run; each may be run again."""

TABLE = re.compile(r"^CREATE TABLE IF NOT EXISTS (\w+) \(", re.MULTILINE)
ABSENT = load(__package__, "absent_tables.sql")


@cache
def tables() -> tuple[str, ...]:
    """Return the names of the tables."""
    return tuple(table for name in NAMES for table in TABLE.findall(_script(name)))


async def absent(connection: AsyncConnection[Any]) -> tuple[str, ...]:
    """Return those that the database lacks."""
    return tuple(await column(connection, ABSENT, {"tables": list(tables())}))


async def make(connection: AsyncConnection[Any]) -> None:
    """Make what is missing, within the caller's transaction."""
    for name in NAMES:
        await connection.execute(SQL(_script(name)))


def _script(name: str) -> LiteralString:
    return load(f"{__package__}.network_shapes", f"{name}.sql")
