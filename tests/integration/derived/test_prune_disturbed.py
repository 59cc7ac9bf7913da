"""Pruning that is cut off at any exchange, or runs twice at once: every play is summed up once."""

from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.derived.plays import prune
from backbeat.derived.plays.hourly import HOURLY_PLAY_COUNTS
from backbeat.derived.plays.listening_history import USER_LISTENING_HISTORY
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session
from harness import ChainWriter, Play, World, settle, wipe
from harness.chain_writer import GENESIS
from harness.check import die, disturbed, interleave, moments
from harness.connections import scripted
from harness.keepers import jobs_of
from harness.pruning import DAYS, all_rows, come_to, pruning

pytestmark = pytest.mark.newest

FOLDS = (HOURLY_PLAY_COUNTS, USER_LISTENING_HISTORY)
DAY = timedelta(days=1)
SUMS = (
    "SELECT hour, plays FROM backbeat.pruned_hours ORDER BY 1",
    "SELECT user_id, track_id, plays, played_at FROM backbeat.pruned_listens ORDER BY 1, 2",
    "SELECT plays, until, foreign_plays FROM backbeat.pruned_plays",
)
each = pytest.mark.parametrize("job", jobs_of(__name__))


class Job:
    """The job, as the harness runs a derivation: it has five plays to prune, four of them in this run."""

    name = prune.NAME

    async def incremental(self, session: Session) -> RunReport:
        return await pruning(GENESIS, prune.READERS[:2], rows_max=4).run(session)


async def begin(connection: AsyncConnection[Any]) -> list[Any]:
    """Make the plays and count them; return what was counted."""
    await wipe(connection)
    await ChainWriter(connection).commit([Play(1 + n % 2, n % 3 or None, GENESIS - n * DAY) for n in range(5)])
    await come_to(connection, GENESIS + timedelta(days=DAYS))
    for fold in FOLDS:
        await settle(fold, connection)
    return [await World(connection).rows(fold) for fold in FOLDS]


async def finish(connection: AsyncConnection[Any], counted: list[Any], told: str) -> None:
    """Run to the end: all are gone, summed up once, and counted as before, also by a rebuild."""
    await settle(Job(), connection)
    assert await all_rows(connection, "SELECT count(*) FROM plays") == [(0,)], told
    hours, listens, [(plays, until, foreign)] = [await all_rows(connection, query) for query in SUMS]
    assert (plays, until, foreign, sum(hour[1] for hour in hours)) == (5, GENESIS, 0, 5), told
    assert sum(listen[2] for listen in listens) == 3, told
    for fold in FOLDS:
        assert (await fold.audit(connection)).is_clean, told
        await fold.rebuild(Session(connection))
    assert [await World(connection).rows(fold) for fold in FOLDS] == counted, told


async def exchanges_of(url: str, connection: AsyncConnection[Any]) -> int:
    counted = await begin(connection)
    async with await scripted(url) as session:
        assert (await Job().incremental(Session(session))).deleted == 4
        exchanges = session.exchanges
    await finish(connection, counted, "undisturbed")
    return exchanges


@each
async def test_death_at_any_exchange_sums_up_once(
    job: str, database_url: str, connection: AsyncConnection[Any]
) -> None:
    exchanges = await exchanges_of(database_url, connection)
    for at in disturbed(exchanges):
        for moment in moments(at, exchanges):
            counted = await begin(connection)
            await die(Job(), database_url, at, moment, connection)
            await finish(connection, counted, f"{job} died {moment} exchange {at} of {exchanges}")


@each
async def test_second_worker_at_any_exchange_sums_up_nothing_twice(
    job: str, database_url: str, connection: AsyncConnection[Any]
) -> None:
    exchanges = await exchanges_of(database_url, connection)
    for at in disturbed(exchanges):
        counted = await begin(connection)
        async with await scripted(database_url) as first, await scripted(database_url) as second:
            await interleave(Job(), first, second, at, connection)
        await finish(connection, counted, f"{job}: second worker before exchange {at} of {exchanges}")
