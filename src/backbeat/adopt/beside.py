"""Jobs first: our jobs beside the indexer that goes on writing blocks, with its triggers, and none of ours that count.

What is prepared is the same as for taking over. Then each of our triggers that tell jobs of changes is made by itself,
at a moment when nobody writes its tables, so nobody waits for us. Last, and in one transaction, the database becomes
ours but for its blocks: the cursor stands where everything is committed, and challenges begin there.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from psycopg import AsyncConnection

from backbeat.adopt.lock import Lock
from backbeat.adopt.patience import AwaitedError, Patience
from backbeat.adopt.step import Step
from backbeat.adopt.survey import Survey
from backbeat.adopt.switch import CHAIN, RECORD, WRITTEN_WITH_BLOCKS, begin_challenges, hold, in_order, tables_of
from backbeat.beside.frontier import Writer, writers
from backbeat.db import objects
from backbeat.db.migrate import FINISH, record_all
from backbeat.db.objects import ObjectKey, SchemaObject
from backbeat.db.query import first
from backbeat.db.sql import load

PREPARE = load("backbeat.db", "prepare_objects.sql")
LOOK = load(__package__, "beside_look.sql")
CURSOR = load(__package__, "beside_cursor.sql")
HISTORIES_BEGIN = load("backbeat.index", "histories_begin.sql")

BESIDE = "jobs"
THEIRS = {
    ObjectKey("triggers", "count_comments"): "comments of tracks",
    ObjectKey("triggers", "count_follows"): "followers and followings of users",
    ObjectKey("triggers", "count_playlists"): "playlists and albums of users, rows of aggregate_playlist",
    ObjectKey("triggers", "count_plays"): "plays of tracks, in all and by month, and the milestones of listens",
    ObjectKey("triggers", "count_reposts"): "reposts of users, tracks and playlists",
    ObjectKey("triggers", "count_saves"): "saves of users, tracks and playlists",
    ObjectKey("triggers", "count_shares"): "shares of users, tracks and playlists",
    ObjectKey("triggers", "count_tracks"): "tracks of users, rows of aggregate_track",
    ObjectKey("triggers", "start_users"): "rows of aggregate_user",
}
"""Our triggers that are not made, because those of the indexer that writes keep the same, and what each keeps."""


class Opening(NamedTuple):
    """Where the cursor begins."""

    chain_id: str
    height: int
    block_hash: str
    block_number: int
    play_id: int


def steps(found: Survey, chain_id: str, *, blocks_behind: int, patience: Patience) -> Iterator[Step]:
    """Yield what is done in place of the switch: a step for each object on tables of theirs, then the frontier."""
    for each in objects.read().values():
        if each.key.kind in {"triggers", "captures"} and each.key not in THEIRS:
            yield _object(found, each, patience)
    yield _frontier(chain_id, blocks_behind)


def _object(found: Survey, each: SchemaObject, patience: Patience) -> Step:
    tables = in_order(tables_of(each) & found.columns.keys())

    async def work(connection: AsyncConnection[Any]) -> None:
        changed = {one.key for one in (await objects.difference(connection)).changed}
        if each.key in changed:
            await connection.execute(PREPARE)
            if tables:
                await hold(connection, tables, patience)
            await objects.make(connection, [each.key], quietly=True)
            await connection.execute(FINISH)

    return Step(
        name=f"{BESIDE}: {each.key}",
        does=f"have changes of {', '.join(tables) or 'tables of ours'} told to jobs ({each.key.name})",
        lock=Lock.WRITERS if tables else Lock.NONE,
        tables=tables,
        work=work,
    )


def _frontier(chain_id: str, blocks_behind: int) -> Step:
    """Return the last step: those who write when it looks are waited for, in tries that each see who is left."""
    seen: list[Opening] = []
    left: list[Writer] = []

    async def work(connection: AsyncConnection[Any]) -> None:
        if not seen:
            values = {"chain_id": chain_id, "blocks_behind": blocks_behind}
            opening = await first(connection, Opening, LOOK, values)
            assert opening is not None  # noqa: S101 - a chain that was chosen has blocks
            seen.append(opening)
            left[:] = await writers(connection)
        else:
            left[:] = await writers(connection, [each.transaction for each in left])
        if left:
            raise AwaitedError([each.holder for each in left])
        await _begin(connection, seen.pop())

    return Step(
        name=BESIDE,
        does="wait for those who write just then, set the cursor where all is committed, and begin challenges there",
        tables=[*WRITTEN_WITH_BLOCKS, "plays"],
        work=work,
    )


async def _begin(connection: AsyncConnection[Any], opening: Opening) -> None:
    await record_all(connection)
    await objects.leave_out(connection, THEIRS)
    await connection.execute(CURSOR, opening._asdict())
    await connection.execute(CHAIN)
    await connection.execute(RECORD)
    await connection.execute(HISTORIES_BEGIN)
    await begin_challenges(connection)


def counts_of_theirs() -> Sequence[str]:
    """Return what stays theirs to count, in words."""
    return tuple(THEIRS.values())
