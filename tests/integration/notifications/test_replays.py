"""What a replay of refused transactions causes is told: once, soon, with its own time and as of now."""

import asyncio
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection

from backbeat.db.pool import Lanes
from backbeat.derived.notifications.notifications import EventNotifications
from backbeat.incremental.transaction import Session
from backbeat.jobs.catalog import everything
from backbeat.settings import Settings
from builders.chain import GENESIS
from builders.indexing import rows
from builders.replaying import replay, without
from builders.told import RULES, Told, ToldChain
from builders.waiting import eventually
from harness.connections import waits_for_lock
from harness.content_histories import said

STAR, FAN, MAKER, LATE = PEOPLE = range(3000001, 3000005)
CROWD = range(3000101, 3000113)
T1, T2, C1 = 2000001, 2000002, 4000010
SONG = {"title": "Song", "owner_id": STAR}
BODY = {"entity_type": "Track", "entity_id": T1, "body": "hi", "mentions": []}
FOLLOW = "*/Follow"
PLACES = "SELECT blocknumber, place, ordinal, of_block, kind FROM backbeat.acts ORDER BY blocknumber, place, ordinal"


def time_of(block: int) -> Any:
    return GENESIS.replace(tzinfo=None) + timedelta(seconds=block)


def at(told: list[Told]) -> list[tuple[str, str, list[int], int | None, Any]]:
    return [(each.kind, each.specifier, each.user_ids, each.block_number, each.time) for each in told]


@pytest.fixture
async def world(chain: ToldChain) -> ToldChain:
    await chain.people(*PEOPLE, *CROWD)
    return chain


@pytest.fixture
async def passed(world: ToldChain) -> ToldChain:
    """Block 2 holds a follow, a comment and a track that were refused; the job has told of block 3."""
    await world.block(world.said(*said(FAN, "User/Subscribe", STAR)), world.said(*said(STAR, "Track/Create", T1, SONG)))
    with without(FOLLOW, "Comment/Create", "Track/Create"):
        await world.block(
            world.said(LATE, "User/Follow", STAR),
            world.said(*said(FAN, "Comment/Create", C1, BODY)),
            world.said(*said(STAR, "Track/Create", T2, SONG)),
        )
    await world.block(world.said(*said(MAKER, "User/Subscribe", LATE)))
    assert [each.specifier for each in await world.told()] == [str(T1)]
    return world


AFTERWARDS = [
    ("comment", str(C1), [STAR], 2, time_of(2)),
    ("create", str(T2), [FAN, LATE], 2, time_of(2)),  # who follows subscribes
    ("follow", str(LATE), [STAR], 2, time_of(2)),
]


async def test_what_was_refused_is_told_without_another_block(passed: ToldChain, lanes: Lanes) -> None:
    before = await passed.told()
    await replay(lanes, rules=RULES)
    assert at([each for each in await passed.told() if each not in before]) == AFTERWARDS
    assert await rows(passed.connection, PLACES) == []


async def test_neither_a_second_replay_nor_the_next_block_tells_again(passed: ToldChain, lanes: Lanes) -> None:
    await replay(lanes, rules=RULES)
    told = await passed.told()
    await replay(lanes, rules=RULES)
    assert await rows(passed.connection, PLACES) == []
    await passed.block(passed.said(*said(MAKER, "User/Subscribe", FAN)))
    assert await passed.told() == told


@pytest.mark.parametrize("tells_between", [False, True])
async def test_several_replays_stand_one_behind_the_other(passed: ToldChain, lanes: Lanes, tells_between: bool) -> None:
    before = await passed.told()
    with without(FOLLOW, "Comment/Create"):
        await replay(lanes, rules=RULES)
    if tells_between:
        await passed.tell()
    await passed.connection.execute("SELECT backbeat.note_releases(%s, '{}', %s)", [[T1], time_of(3)])
    await replay(lanes, rules=RULES)
    kinds = [(kind, of_block) for _, _, _, of_block, kind in await rows(passed.connection, PLACES)]
    places = [place for *place, _, _ in await rows(passed.connection, PLACES)]
    assert places == [[4, -1, ordinal] for ordinal in range(len(places))]
    expected = [("publish", 3), ("follow", 2), ("subscribe", 2), ("comment", 2)]
    assert kinds == expected if tells_between else kinds[-4:] == expected
    told = at([each for each in await passed.told() if each not in before])
    assert told == [AFTERWARDS[0], ("create", str(T2), [FAN], 2, time_of(2)), AFTERWARDS[2]]  # LATE came behind


@pytest.mark.parametrize("acts_max", [1, 5_000])
@pytest.mark.parametrize("is_late", [False, True])
async def test_a_milestone_is_made_by_the_act_that_passes_it_now(
    world: ToldChain, lanes: Lanes, acts_max: int, is_late: bool
) -> None:
    """The replay happens behind block 3, however late the job is: eight, nine and ten followers."""
    world.job = EventNotifications(acts_max=acts_max)
    await world.block(*[world.said(user, "User/Follow", STAR) for user in CROWD[:8]])
    with without(FOLLOW):
        await world.block(world.said(CROWD[8], "User/Follow", STAR))
    await world.block(world.said(CROWD[9], "User/Follow", STAR))
    if not is_late:
        await world.tell()
    await replay(lanes, rules=RULES)
    if not is_late:
        await world.tell()
    await world.block(
        *[world.said(user, f"User/{action}", STAR) for user, action in ((CROWD[0], "Unfollow"), (CROWD[10], "Follow"))]
    )
    assert [row[:4] for row in await world.milestones()] == [(STAR, "FOLLOWER_COUNT", 10, 2)]
    [made] = await world.told("milestone_follower_count")
    assert (made.block_number, made.time) == (2, time_of(2))
    assert len(await world.told("follow")) == 11


async def test_a_place_between_blocks_waits_for_a_run_and_is_behind_what_came_meanwhile(
    world: ToldChain, database_url: str
) -> None:
    """A run that is under way removes what is there at its end, so nothing may come in front of that."""
    async with await AsyncConnection.connect(database_url, autocommit=True) as releasing:
        await world.block(world.said(FAN, "User/Follow", STAR))
        await world.tell()
        lock = "SELECT FROM indexing_checkpoints WHERE tablename = 'notifications' FOR UPDATE"
        async with world.connection.transaction():
            await world.connection.execute(lock)
            asked = asyncio.create_task(rows(releasing, "SELECT * FROM backbeat.place_between_blocks()"))
            async with await AsyncConnection.connect(database_url, autocommit=True) as observer:
                assert await eventually(lambda: waits_for_lock(observer, releasing))
            await world.block(world.said(LATE, "User/Follow", STAR))
        assert await asked == [(2, 3, -1, 0)]


async def test_a_job_that_never_ran_does_not_pass_by(world: ToldChain, database_url: str) -> None:
    await world.block(world.said(FAN, "User/Follow", STAR))
    with psycopg.connect(database_url) as releasing:
        releasing.execute("SELECT FROM backbeat.place_between_blocks()")
        async with await AsyncConnection.connect(database_url, autocommit=True) as session:
            run = asyncio.create_task(world.job.incremental(Session(session)))
            assert await eventually(lambda: waits_for_lock(world.connection, session))
            releasing.rollback()
            assert (await run).inserted == 1


def test_the_job_looks_every_few_seconds_though_no_block_comes() -> None:
    [job] = [job for job in everything(Settings()) if job.name == EventNotifications.name]
    assert job.every_seconds <= 5
