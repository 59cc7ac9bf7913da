"""Hands over what a batch supersedes of the rows that rewards are judged by, to their histories.

What a table said at the end of each block must not depend on how blocks are cut into batches, and only the last of a
batch reaches the table. So a batch tells of every block in which such a row changed. Its transactions are marked, and
the triggers that watch other writers pass them over.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.index.row import Past, Row
from backbeat.index.state import State, block_of

BEGIN = load(__package__, "histories_begin.sql")
KEEP = load(__package__, "histories_keep.sql")

Version = dict[str, Any]
"""A row of ``backbeat.past_TABLE``, by column."""


async def begin_behind_others(connection: AsyncConnection[Any]) -> None:
    """Have histories begin where the database stands, if who wrote the last blocks kept none."""
    await connection.execute(BEGIN)


async def keep_superseded(connection: AsyncConnection[Any], state: State, *, only_new: bool = False) -> None:
    """Write the versions that the batch superseded, a statement for each table that has any.

    ``only_new``: of rows that the batch made itself, because triggers see what becomes of the others.
    """
    for kind, rows in state.judged():
        told = [row for row in rows if state.stored(row) is None] if only_new else rows
        versions = [version for row in told for version in superseded(row, state)]
        if versions:
            as_json = msgspec.json.encode(versions).decode()
            await connection.execute(KEEP, {"history": kind.table, "keys": list(kind.identity), "versions": as_json})


def superseded(row: Row, state: State) -> Iterator[Version]:
    """Yield what is over of a row that the batch changed, oldest first.

    Last, without an end, what goes on while the row was written again: its block tells no more since when.
    """
    earlier, stored, past = state.earlier(row), state.stored(row), row.past
    if past is None or (stored is None and not earlier):
        return
    since, last, said = -1, -1, None
    for version in _at_ends(stored, earlier, row):
        last, says = block_of(version), past.values(version)
        if since >= 0 and says == said:
            continue
        if said is not None:
            yield _version(past, row, since, last, said)
        since, said = last, says
    if said is not None and last > since:
        yield _version(past, row, since, None, said)


def _at_ends(stored: Row | None, earlier: Iterable[Row], row: Row) -> Iterator[Row]:
    if stored is not None:
        yield stored
    yield from earlier
    yield row


def _version(past: Past, row: Row, since: int, until: int | None, values: tuple[Any, ...]) -> Version:
    key = dict(zip(row.identity, row.key(), strict=True))
    return key | {"since_block": since, "until_block": until} | dict(zip(past.columns, values, strict=True))
