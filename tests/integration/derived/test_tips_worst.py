"""Tips as they may be, though nobody sends them so: huge, all in one slot, imported at once."""

from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.derived.tips.supporters import SUPPORTERS, Supporters
from backbeat.incremental.transaction import Session
from harness import settle
from harness.tips_world import SHOWN, TOLD, Step, TipsWorld, tip

ARTIST, FAN, RIVAL = 1, 2, 3
MOST = 2**63 - 1
HUGE = 6 * 10**18


@pytest.fixture
async def world(connection: AsyncConnection[Any]) -> TipsWorld:
    world = TipsWorld(connection)
    await settle(SUPPORTERS, connection)
    return world


@pytest.mark.parametrize("slots", [(1, 2, 3), (1, 1, 1)], ids=["over time", "in one slot"])
async def test_a_sum_stops_at_what_its_column_holds(world: TipsWorld, slots: tuple[int, ...]) -> None:
    """Who tip each other the same money again and again come to more than there is."""
    tips = [tip(slot, FAN, ARTIST, HUGE, f"huge{n}") for n, slot in enumerate(slots)]
    await world.apply(Step([*tips, tip(4, RIVAL, ARTIST, 5)]))
    await settle(SUPPORTERS, world.connection)
    assert await world.all(SHOWN["sums"]) == [(FAN, ARTIST, MOST), (RIVAL, ARTIST, 5)]
    assert (await SUPPORTERS.audit(world.connection)).is_clean
    await world.apply(Step([tip(9, FAN, ARTIST, HUGE), tip(9, RIVAL, ARTIST, 5)]))
    await settle(SUPPORTERS, world.connection)
    assert (await SUPPORTERS.audit(world.connection)).is_clean
    await world.apply(Step(taken_back=["huge0", "huge1", "s9:2"]))
    await settle(SUPPORTERS, world.connection)
    assert await world.all(SHOWN["sums"]) == [(FAN, ARTIST, HUGE), (RIVAL, ARTIST, 10)]
    assert (await SUPPORTERS.audit(world.connection)).is_clean


async def test_what_users_are_told_does_not_depend_on_how_an_import_is_divided(world: TipsWorld) -> None:
    """Batches go in the order of slots, ten behind two, and leave no slot half done."""
    tips = [tip(2, FAN, ARTIST, 300), tip(10, RIVAL, ARTIST, 100), tip(11, FAN, RIVAL, 1), tip(11, ARTIST, RIVAL, 2)]
    await world.apply(Step(tips, paid=[2, 10, 11]))
    job = Supporters(1)
    keys = [(await job.incremental(Session(world.connection))).keys for _ in range(4)]
    assert keys == [1 + 3, 1, 2, 0]  # with the first the slots that became known
    told = [(row[0], row[4], row[6]["rank"]) for row in await world.all(TOLD) if "rank" in row[6]]
    assert sorted(told) == [
        (kind, slot, rank)
        for kind in ("supporter_rank_up", "supporting_rank_up")
        for slot, rank in ((2, 1), (10, 2), (11, 1), (11, 2))
    ]


@pytest.mark.parametrize("senders", [500, 2_000])
async def test_a_slot_full_of_tips_is_read_once(world: TipsWorld, senders: int) -> None:
    await world.apply(Step([tip(7, n, ARTIST, n, f"s{n}") for n in range(10, 10 + senders)]))
    await world.connection.execute("SET enable_seqscan = off")  # as where tables are large
    await world.connection.execute("SELECT pg_stat_force_next_flush()")
    async with world.connection.transaction():
        await SUPPORTERS.incremental(Session(world.connection))
        read = await world.all(
            "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'user_tips'"
        )
    assert read == [(senders,)]


async def test_an_import_into_tables_of_unknown_size_is_counted_at_once(world: TipsWorld) -> None:
    """Otherwise each batch would log again all that it leaves."""
    await world.apply(Step([tip(n, n % 7 + 10, ARTIST, n) for n in range(1, 1_200)]))
    report = await Supporters(1_100).incremental(Session(world.connection))
    assert (report.keys, report.more) == (1_199, False)
