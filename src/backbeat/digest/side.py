"""Two states that are compared: each a snapshot that is held, a database that is looked at again, or another's API."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol

from psycopg import AsyncConnection

from backbeat.digest.answers import Asked, Buckets, Digest, FoundRows
from backbeat.digest.state import State, seen

TRIES_MAX: Final = 5  # until two instances that follow the chain are seen at one height


class Side(Protocol):
    """What is asked of a state; each answer says of which height it is."""

    async def digest(self, names: Collection[str] = ()) -> Digest:
        """Return the sums of all tables, or of the named ones."""
        ...

    async def buckets(self, table: str, prefixes: Sequence[str]) -> Buckets:
        """Return the parts of those parts of a table."""
        ...

    async def rows(self, table: str, prefixes: Sequence[str]) -> FoundRows:
        """Return the first rows of those parts of a table."""
        ...


@asynccontextmanager
async def seen_together(
    one: AsyncConnection[Any], other: AsyncConnection[Any], asked: Asked, *, seconds: float
) -> AsyncIterator[tuple[State, State]]:
    """Lend the states of two databases, of one height if they are seen at one within five tries."""
    for tries_left in reversed(range(TRIES_MAX)):
        async with seen(one, asked, seconds=seconds) as here, seen(other, asked, seconds=seconds) as there:
            if here.place.height == there.place.height or not tries_left:
                yield here, there
                return


class Database:
    """A database, each question answered by a snapshot of its own: beside an API, whose answers are of now as well."""

    def __init__(self, connection: AsyncConnection[Any], asked: Asked, *, seconds: float) -> None:
        self._connection = connection
        self._asked = asked
        self._seconds = seconds

    async def digest(self, names: Collection[str] = ()) -> Digest:
        """Return the sums of all tables, or of the named ones."""
        async with seen(self._connection, self._asked, seconds=self._seconds) as state:
            return await state.digest(names)

    async def buckets(self, table: str, prefixes: Sequence[str]) -> Buckets:
        """Return the parts of those parts of a table."""
        async with seen(self._connection, self._asked, seconds=self._seconds) as state:
            return await state.buckets(table, prefixes)

    async def rows(self, table: str, prefixes: Sequence[str]) -> FoundRows:
        """Return the first rows of those parts of a table."""
        async with seen(self._connection, self._asked, seconds=self._seconds) as state:
            return await state.rows(table, prefixes)
