"""The way back: the indexer before goes on behind our last block, with its own triggers and none of ours."""

from typing import Any

from psycopg import AsyncConnection

from backbeat.adopt.lock import Lock
from backbeat.adopt.patience import Patience, Waits, in_one_transaction
from backbeat.adopt.step import text
from backbeat.adopt.survey import OURS
from backbeat.adopt.switch import SEQUENCES, WRITTEN_WITH_BLOCKS, hold, our_triggers_are_on
from backbeat.adopt.turn import turn
from backbeat.beside.frontier import foreign_chain
from backbeat.db.query import column, first, one
from backbeat.db.sql import load
from backbeat.derived.challenges.all import CHALLENGES
from backbeat.errors import AdoptionError

OPEN = load(__package__, "release_open.sql")
AT_WORK = load(__package__, "release_at_work.sql")
OUR_TRIGGERS = load(__package__, "release_our_triggers.sql")
THEIR_TRIGGERS = load(__package__, "release_their_triggers.sql")
ETL_BLOCK = load(__package__, "release_etl_block.sql")
RECORD = load(__package__, "release_record.sql")
POSITIONS = load(__package__, "release_positions.sql")
LOG = load(__package__, "release_log.sql")
OBJECTS = load(__package__, "release_objects.sql")
CURSOR = load(__package__, "release_cursor.sql")
TRIGGERS_FORGET = load(__package__, "release_triggers_forget.sql")
FORGET = load(__package__, "release_forget.sql")
PURGE = load(__package__, "purge.sql")
PURGED = load(__package__, "purge_tables.sql")

SCORES = ("track_trending_scores", "playlist_trending_scores")
"""Tables of the network that depend on functions of ours."""


async def release(connection: AsyncConnection[Any], *, patience: Patience, waits: Waits) -> int:
    """Give an adopted database back, and return the height behind which the other indexer goes on.

    Raises AdoptionError if it is not adopted, a process of ours works on it, or another session is at it.
    """
    async with turn(connection):
        return await _release(connection, patience, waits)


async def _release(connection: AsyncConnection[Any], patience: Patience, waits: Waits) -> int:
    if not await _is_adopted(connection):
        raise AdoptionError(
            "not_adopted",
            "The database was not adopted, or was given back already.",
            cure="Nothing is to be done. What a release leaves is removed by `backbeat adopt --purge`.",
        )
    if at_work := await column(connection, AT_WORK):
        raise AdoptionError(
            "backbeat_at_work",
            f"Backbeat works on the database: {', '.join(at_work)}.",
            cure="Stop every process of Backbeat on this database, and ask again.",
        )
    reached: list[int] = []
    tables = [*sorted(our_triggers_are_on() | set(WRITTEN_WITH_BLOCKS))]

    async def work(connection: AsyncConnection[Any]) -> None:
        ours = await column(connection, OUR_TRIGGERS)
        theirs = await column(connection, THEIR_TRIGGERS)
        await connection.execute(SEQUENCES)
        await connection.execute(ETL_BLOCK)
        await connection.execute(POSITIONS, {"names": _positions()})
        await connection.execute(LOG)
        reached.append((await one(connection, tuple, RECORD))[0])
        for statement in (TRIGGERS_FORGET, OBJECTS, CURSOR, FORGET):
            await connection.execute(statement)
        await hold(connection, tables, patience)
        for statement in (*ours, *theirs):
            await connection.execute(text(statement))

    await in_one_transaction(connection, work, lock=Lock.WRITERS, tables=tables, patience=patience, waits=waits)
    return reached[-1]


async def purge(connection: AsyncConnection[Any], *, patience: Patience, waits: Waits) -> None:
    """Remove what a release left of ours: the schema backbeat. Raises AdoptionError unless it was released."""
    async with turn(connection):
        await _purge(connection, patience, waits)


async def _purge(connection: AsyncConnection[Any], patience: Patience, waits: Waits) -> None:
    has_ledger, has_steps, *_ = await one(connection, tuple, OURS)
    if has_ledger or not has_steps:
        raise AdoptionError(
            "not_released",
            "The database is Backbeat's, or nothing of Backbeat is left in it.",
            cure="Give an adopted database back first: `backbeat adopt --release`.",
        )

    async def work(connection: AsyncConnection[Any]) -> None:
        await connection.execute(PURGE)

    tables = [*SCORES, *await column(connection, PURGED)]
    await in_one_transaction(connection, work, lock=Lock.ALL, tables=tables, patience=patience, waits=waits)


async def is_beside(connection: AsyncConnection[Any]) -> bool:
    """Tell whether only jobs ran, beside the indexer that the database is given back to."""
    return await _is_adopted(connection) and await foreign_chain(connection) is not None


async def _is_adopted(connection: AsyncConnection[Any]) -> bool:
    has_ledger, has_steps, *_ = await one(connection, tuple, OURS)
    return bool(has_ledger and has_steps and await first(connection, tuple, OPEN))


def _positions() -> list[str]:
    return sorted({feed.checkpoint for challenge in CHALLENGES for feed in challenge.keeper.feeds})
