"""Fills a batch's state from the database: one statement per table and index, all of them in one round trip."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from psycopg import AsyncConnection, AsyncCursor

from backbeat.index.row import Row
from backbeat.index.state import Key, State, value_of
from backbeat.index.tables import Table

INT4_MAX = 2**31 - 1


class Loader:
    """Reads rows on the connection whose transaction will write the batch."""

    def __init__(self, conn: AsyncConnection[Any], tables: Mapping[type[Row], Table]) -> None:
        self._conn = conn
        self._tables = tables

    async def load(self, state: State, keys: Iterable[Key]) -> None:
        """Load the keys that the state does not hold yet."""
        missing = state.missing(keys)
        wanted: defaultdict[tuple[type[Row], str], list[tuple[Any, ...]]] = defaultdict(list)
        for key in missing:
            if all(map(_can_be_stored, key.value)):
                wanted[key.row, key.by].append(key.value)
        if not wanted:
            state.fill(missing, ())
            return
        async with self._conn.pipeline():
            asked = [(row, by, await self._ask(row, by, values)) for (row, by), values in wanted.items()]
            found = [
                (Key(row, by, value_of(each, by)), each)
                for row, by, cursor in asked
                for each in map(self._tables[row].to_row, await cursor.fetchall())
            ]
        state.fill(missing, found)

    async def _ask(self, row: type[Row], by: str, values: list[tuple[Any, ...]]) -> AsyncCursor[Any]:
        arrays = [list(column) for column in zip(*values, strict=True)]
        return await self._conn.execute(self._tables[row].loads[by], arrays)


def _can_be_stored(value: Any) -> bool:
    """Tell whether any row could hold the value; what no column can hold needs no look-up and is simply absent."""
    if isinstance(value, int):
        return -INT4_MAX <= value <= INT4_MAX
    return not isinstance(value, str) or _encodes(value)


def _encodes(text: str) -> bool:
    try:
        return b"\x00" not in text.encode()
    except UnicodeEncodeError:
        return False
