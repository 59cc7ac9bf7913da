"""Hands over what a batch supersedes of the rows that rewards are judged by, to their histories.

What a table said at the end of each block must not depend on how blocks are cut into batches, and only the last of a
batch reaches the table. So a batch tells of every block in which such a row changed. Its transactions are marked, and
the triggers that watch other writers pass them over.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.index.row import Past, Row
from backbeat.index.state import State, block_of
from backbeat.index.tables import Table
from backbeat.index.turns import in_thread_if_long

BEGIN = load(__package__, "histories_begin.sql")

Version = dict[str, Any]
"""A row of ``backbeat.past_TABLE``, by column."""


async def begin_behind_others(connection: AsyncConnection[Any], tables: Mapping[type[Row], Table]) -> None:
    """Have histories begin where the database stands, if who wrote the last blocks kept none.

    What they said of rows that go on ends where the other program changed these.
    """
    async with connection.transaction():
        if (await connection.execute(BEGIN)).rowcount:
            for table in tables.values():
                if table.end_changed:
                    await connection.execute(table.end_changed)


async def keep_superseded(
    connection: AsyncConnection[Any], tables: Mapping[type[Row], Table], state: State, *, only_new: bool = False
) -> None:
    """Write the versions that the batch superseded, a statement for each table that has any.

    ``only_new``: of rows that the batch made itself, because triggers see what becomes of the others.
    """
    for kind, past in state.judged():
        told = [ends for ends in state.ends(kind) if len(ends) > 1 and not (only_new and state.stored(ends[-1]))]
        if told:
            earliest, later = await in_thread_if_long(len(told), _as_json, past, told)
            if earliest:
                await connection.execute(tables[kind].keep, {"earliest": earliest, "later": later})


def superseded(past: Past, ends: Sequence[Row]) -> list[Version]:
    """Return what is over of a row, oldest first: of ``ends``, what it was at the ends of blocks.

    Last, without an end, what goes on while the row was written again: its block tells no more since when. Only the
    first may have come to nothing, being of the block that it ends with; it still ends what is known of the row.
    """
    versions: list[Version] = []
    since, last, said = -1, -1, None
    for row in ends:
        last, says = block_of(row), past.values(row)
        if since >= 0 and says == said:
            continue
        if said is not None and (since < last or not versions):
            versions.append(_version(past, row, since, last, said))
        since, said = last, says
    if said is not None and last > since:
        versions.append(_version(past, ends[-1], since, None, said))
    return versions


def _as_json(past: Past, told: Iterable[Sequence[Row]]) -> tuple[str, str]:
    """Return the first versions of rows and the others, as the statement takes them; empty where there are none."""
    versions = [found for ends in told if (found := superseded(past, ends))]
    if not versions:
        return "", ""
    return _encoded([first for first, *_ in versions]), _encoded([each for _, *others in versions for each in others])


def _encoded(versions: list[Version]) -> str:
    return msgspec.json.encode(versions).decode()


def _version(past: Past, row: Row, since: int, until: int | None, values: tuple[Any, ...]) -> Version:
    key = dict(zip(row.identity, row.key(), strict=True))
    return key | {"since_block": since, "until_block": until} | dict(zip(past.columns, values, strict=True))
