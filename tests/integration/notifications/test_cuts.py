"""A run that a time limit cuts off goes on with fewer acts, down to one that gets the time it needs."""

import asyncio
from typing import LiteralString

import pytest
from structlog.testing import capture_logs

from backbeat.derived.notifications.families import FAMILIES, Family
from backbeat.derived.notifications.notifications import EventNotifications
from backbeat.incremental.transaction import Session
from builders.told import Told, ToldChain
from builders.waiting import eventually

STAR = 3000001
CROWD = range(3000101, 3000113)
LIMIT = "SET statement_timeout = '200ms'"
EACH: LiteralString = """
    SELECT pg_sleep({seconds}) FROM backbeat.acts AS act
    WHERE act.blocknumber > %(after)s
        AND (act.blocknumber, act.place, act.ordinal) <= (%(number)s, %(place)s, %(ordinal)s)
        AND act.kind = 'follow'
"""
SLEEPS = (
    "SELECT FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid() "
    "AND datname = current_database()"
)


def slow(seconds: LiteralString) -> EventNotifications:
    """Return the job as it is where each follow takes so long."""
    return EventNotifications((*FAMILIES, Family("slow", ("follow",), EACH.replace("{seconds}", seconds))))


@pytest.fixture
async def followed(chain: ToldChain) -> ToldChain:
    """A star whom twelve users follow in one block, each with two acts."""
    await chain.people(STAR, *CROWD)
    await chain.block(*[chain.said(user, "User/Follow", STAR) for user in CROWD])
    return chain


def hears_of(told: list[Told]) -> list[int]:
    return sorted(int(each.specifier) for each in told if each.kind == "follow")


async def test_acts_that_take_too_long_together_are_told_in_pieces(followed: ToldChain) -> None:
    followed.job = slow("0.05")
    await followed.connection.execute(LIMIT)
    with capture_logs() as logs:
        assert hears_of(await followed.told()) == list(CROWD)
    cuts = [(entry["acts"], entry["acts_max"]) for entry in logs if entry["event"] == "notifications_cut"]
    assert cuts[0] == (24, 2)
    assert [row[2] for row in await followed.milestones()] == [10]


async def test_one_act_that_takes_too_long_gets_more_time(followed: ToldChain) -> None:
    followed.job = slow("0.3")
    await followed.connection.execute(LIMIT)
    assert hears_of(await followed.told()) == list(CROWD)
    assert (await followed.told("follow"))[0].block_number == 1


async def test_a_run_that_was_cancelled_is_followed_by_a_smaller_one(followed: ToldChain) -> None:
    followed.job = slow("60")
    run = asyncio.create_task(followed.job.incremental(Session(followed.connection)))
    async with await followed.connection.connect(followed.connection.info.dsn, autocommit=True) as observer:

        async def sleeps() -> bool:
            return await (await observer.execute(SLEEPS)).fetchone() is not None

        assert await eventually(sleeps)
        with capture_logs() as logs:
            run.cancel()
            with pytest.raises(asyncio.CancelledError):
                await run
    assert [(entry["acts"], entry["acts_max"]) for entry in logs] == [(24, 2)]
