"""Fills a batch's state from the database: one statement per table and index, all of them in one round trip."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from psycopg import AsyncConnection, AsyncCursor

from backbeat.db.pipeline import pipelined
from backbeat.index.row import Row, values_getter
from backbeat.index.state import IDENTITY, Key, State
from backbeat.index.tables import Table
from backbeat.index.turns import Turn, in_thread_if_long, in_turns

INT4_MAX = 2**31 - 1
INDEXED_BYTES_MAX = 2_704  # what an entry of an index may take: a third of a page
AT_ONCE = 16  # records that are made rows before one looks at the time; one may hold a quarter of a megabyte of JSON


class Loader:
    """Reads rows on the connection whose transaction will write the batch."""

    def __init__(self, connection: AsyncConnection[Any], tables: Mapping[type[Row], Table]) -> None:
        self._connection = connection
        self._tables = tables

    async def load(self, state: State, keys: Collection[Key]) -> None:
        """Load the keys that the state does not hold yet."""
        missing, wanted = await in_thread_if_long(len(keys), _wanted, state, keys)
        found: list[tuple[Key, Row]] = []
        if wanted:
            turn = Turn()
            async with pipelined(self._connection):
                asked = [
                    (row, by, await self._ask(row, by, some))
                    for (row, by), values in wanted.items()
                    async for some in in_turns(values)
                ]
                for row, by, cursor in asked:
                    found += await self._rows(row, by, cursor, turn)
        await in_thread_if_long(len(missing) + len(found), state.fill, missing, found)

    async def _rows(self, row: type[Row], by: str, cursor: AsyncCursor[Any], turn: Turn) -> list[tuple[Key, Row]]:
        to_row = self._tables[row].to_row
        found: list[tuple[Key, Row]] = []
        value = values_getter(row.identity if by == IDENTITY else row.indexes[by].columns)
        while records := await cursor.fetchmany(AT_ONCE):
            found += [(Key(row, by, value(each)), each) for each in map(to_row, records)]
            if len(records) < AT_ONCE:
                break
            await turn.pass_on()
        return found

    async def _ask(self, row: type[Row], by: str, values: Iterable[tuple[Any, ...]]) -> AsyncCursor[Any]:
        arrays = [array_text(column) for column in zip(*values, strict=True)]
        return await self._connection.execute(self._tables[row].load(by), arrays)


def _wanted(state: State, keys: Iterable[Key]) -> tuple[set[Key], dict[tuple[type[Row], str], list[tuple[Any, ...]]]]:
    """Return the keys that are missing, and those of their values that a row may have, by type and index."""
    missing = state.missing(keys)
    wanted: defaultdict[tuple[type[Row], str], list[tuple[Any, ...]]] = defaultdict(list)
    for key in missing:
        row, by, values = key
        for value in values:
            if not (-INT4_MAX <= value <= INT4_MAX if type(value) is int else _can_be_stored(value)):
                break
        else:
            wanted[row, by].append(values)
    return missing, wanted


def _can_be_stored(value: Any) -> bool:
    """Tell whether any row could hold the value; what no column can hold needs no look-up and is simply absent."""
    if isinstance(value, int):
        return -INT4_MAX <= value <= INT4_MAX
    return not isinstance(value, str) or _encodes(value)


def array_text(values: Iterable[Any]) -> str:
    """Return values as PostgreSQL writes an array of them; the driver, in Python too, asks more of each."""
    return "{" + ",".join([str(each) if isinstance(each, int) else _quoted(each) for each in values]) + "}"


def _quoted(value: Any) -> str:
    text = str(value)
    return "NULL" if value is None else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _encodes(text: str) -> bool:
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        return False
    return len(encoded) <= INDEXED_BYTES_MAX and b"\x00" not in encoded
