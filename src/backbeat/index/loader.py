"""Fills a batch's state from the database: one statement per table and index, whatever the number of keys."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from psycopg import AsyncConnection

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
        groups: defaultdict[tuple[type[Row], str], list[Key]] = defaultdict(list)
        for key in state.missing(keys):
            groups[key.row, key.by].append(key)
        for (row, index), wanted in groups.items():
            state.fill(wanted, await self._fetch(self._tables[row], index, wanted))

    async def _fetch(self, table: Table, index: str, keys: list[Key]) -> list[tuple[Key, Row]]:
        keys = [key for key in keys if all(map(_can_be_stored, key.value))]
        if not keys:
            return []
        arrays = [list(column) for column in zip(*(key.value for key in keys), strict=True)]
        cursor = await self._conn.execute(table.loads[index], arrays)
        rows = [table.to_row(record) for record in await cursor.fetchall()]
        return [(Key(table.row, index, value_of(row, index)), row) for row in rows]


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
