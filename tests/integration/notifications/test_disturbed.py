"""Everybody hears once, whatever cuts a run off at any exchange with the server, or runs beside it."""

from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.db.pool import Lanes
from backbeat.derived.notifications.notifications import EventNotifications
from backbeat.incremental.transaction import Session
from builders.told import ToldChain
from harness.check import die, disturbed, interleave, moments
from harness.connections import scripted
from harness.keepers import jobs_of
from harness.social_histories import history, set_scene, transaction

pytestmark = pytest.mark.newest

BLOCKS = 8
JOBS = {EventNotifications.name: EventNotifications}  # one that was cut off remembers it, so each run has its own

# What runs write; a run begins from a copy of these as often as it is disturbed.
WRITTEN = ("notification", "milestones", "backbeat.acts", "indexing_checkpoints")
SHOWN = (
    "SELECT group_id, specifier, type, user_ids, data, blocknumber, timestamp FROM notification ORDER BY 1, 2",
    "SELECT * FROM milestones ORDER BY name, id, threshold",
    "SELECT * FROM backbeat.acts",
    "SELECT last_checkpoint FROM indexing_checkpoints WHERE tablename = 'notifications'",
)

RELEASED = "SELECT backbeat.note_releases(ARRAY(SELECT track_id FROM tracks), '{}', '2026-01-02')"  # in no block

each = pytest.mark.parametrize("job", jobs_of(__name__))


class Stage:
    """A database in which the acts of some blocks wait to be told, others having been told before."""

    def __init__(self, chain: ToldChain) -> None:
        self.chain = chain

    async def set_up(self) -> None:
        await set_scene(self.chain)
        said = [[transaction(self.chain, each) for each in block] for block in history(Random(7), 2 * BLOCKS)]
        await self.chain.blocks(said[:BLOCKS], together=100)
        await self.chain.tell()
        await self.chain.blocks(said[BLOCKS:], together=100)
        await self.chain.connection.execute(RELEASED)
        for table in WRITTEN:
            await self.chain.connection.execute(f"CREATE TABLE {_kept(table)} AS TABLE {table}".encode())

    async def begin_again(self) -> None:
        restored = "".join(f"DELETE FROM {table}; INSERT INTO {table} TABLE {_kept(table)};" for table in WRITTEN)  # noqa: S608 - written above
        await self.chain.connection.execute(restored.encode())

    async def shown(self) -> list[Any]:
        return [await (await self.chain.connection.execute(query.encode())).fetchall() for query in SHOWN]

    async def exchanges(self, url: str) -> int:
        """Run undisturbed; return how many exchanges with the server that takes."""
        async with await scripted(url) as session:
            report = await EventNotifications().incremental(Session(session))
            assert report.inserted > 0
            return session.exchanges


def _kept(table: str) -> str:
    return f"kept_{table.rpartition('.')[2]}"


@pytest.fixture
async def stage(lanes: Lanes, connection: AsyncConnection[Any]) -> Stage:
    stage = Stage(ToldChain(lanes, connection))
    await stage.set_up()
    return stage


async def check(stage: Stage, url: str, disturb: Callable[[int, int], Awaitable[None]]) -> None:
    exchanges = await stage.exchanges(url)
    expected = await stage.shown()
    for at in disturbed(exchanges):
        await disturb(at, exchanges)
        await stage.chain.tell()
        assert await stage.shown() == expected, f"exchange {at} of {exchanges}"


@each
async def test_death_at_any_exchange_tells_once(job: str, stage: Stage, database_url: str) -> None:
    async def disturb(at: int, exchanges: int) -> None:
        for moment in moments(at, exchanges):
            await stage.begin_again()
            await die(JOBS[job](), database_url, at, moment, stage.chain.connection)

    await check(stage, database_url, disturb)


@each
async def test_second_worker_at_any_exchange_tells_nothing_twice(job: str, stage: Stage, database_url: str) -> None:
    async def disturb(at: int, _exchanges: int) -> None:
        await stage.begin_again()
        async with await scripted(database_url) as first, await scripted(database_url) as second:
            await interleave(JOBS[job](), first, second, at, stage.chain.connection)

    await check(stage, database_url, disturb)
