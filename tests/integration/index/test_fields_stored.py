"""What handlers make of every field with every kind of value can be stored, and reads back as it was."""

from collections.abc import Iterator
from itertools import count, islice
from typing import Any

from fields.field import Sets
from fields.stage import judge
from fields.table import PAIRS
from psycopg import AsyncConnection

from backbeat.db.pool import Lanes
from backbeat.index.loader import Loader
from backbeat.index.row import Row
from backbeat.index.rows import ROW_TYPES
from backbeat.index.sink import MARK, write_rows
from backbeat.index.state import State
from backbeat.index.tables import describe
from backbeat.index.wire.wanted import one

PER_BATCH = 1_000
FIRST = 10_000_000
ALSO_UNIQUE = {
    "encrypted_emails": "email_owner_user_id",
    "email_access": "email_owner_user_id",
    "associated_wallets": "user_id",
}
BLOCK = "INSERT INTO blocks (number, blockhash) VALUES (9, 'bb400'), (10, 'bb500')"


def made() -> Iterator[Row]:
    """Yield every row that a handler makes of a value that is taken, each under a key of its own."""
    numbers = count(FIRST)
    for pair in PAIRS:
        for field in pair.fields:
            for cell in field.cells:
                if isinstance(cell.outcome, Sets):
                    yield from (own(row, next(numbers)) for row in judge(pair, field, cell).rows)


def own(row: Row, number: int) -> Row:
    """Return the row with a key that no other has."""
    name = next((name for name in row.identity if isinstance(getattr(row, name), int)), row.identity[0])
    value = getattr(row, name)
    changes: dict[str, Any] = {name: number if isinstance(value, int) else f"{value}:{number}"}
    if also := ALSO_UNIQUE.get(row.table):
        changes[also] = number
    return row.but(**changes)


async def test_everything_is_stored_and_reads_back(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await connection.execute(BLOCK)
    async with lanes.indexing.connection() as conn:
        tables = await describe(conn, ROW_TYPES)
        left = made()
        while rows := list(islice(left, PER_BATCH)):
            state = State()
            state.fill([key(row) for row in rows], [])
            state.apply(rows)
            async with conn.transaction():
                await conn.execute(MARK)
                await write_rows(conn, tables, state)
            stored = State()
            await Loader(conn, tables).load(stored, [key(row) for row in rows])
            for row in rows:
                assert stored.get(type(row), *row.key()) == row


def key(row: Row) -> Any:
    """Name a row."""
    return one(type(row), *row.key())
