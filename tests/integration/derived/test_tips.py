"""What tips come to, whatever order they come in and however they are batched (domain: derived state, 4.10)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from depth import at_depth
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg import AsyncConnection

from backbeat.derived.tips.supporter_counts import SUPPORTER_COUNTS
from backbeat.derived.tips.supporters import SUPPORTERS, Supporters
from backbeat.incremental.transaction import Session
from harness import settle
from harness.tips_world import STEPS, TOLD, Step, Tip, TipsWorld, at, tip, write

FAN, RIVAL, LATE, ARTIST = 1, 2, 3, 9


@pytest.fixture
async def world(module_database_url: str) -> AsyncIterator[TipsWorld]:
    options = "-c timezone=UTC"
    async with await AsyncConnection.connect(module_database_url, autocommit=True, options=options) as connection:
        yield await TipsWorld.empty(connection)


async def holds(world: TipsWorld, *, told_upto: int = -1) -> None:
    assert await world.kept() == await world.expected(told_upto)
    for job in (SUPPORTERS, SUPPORTER_COUNTS):
        audit = await job.audit(world.connection)
        assert (audit.is_clean, audit.pending, audit.stale) == (True, 0, False), audit


async def ranks(world: TipsWorld) -> list[tuple[Any, ...]]:
    return await world.all("SELECT slot, sender_user_id, rank FROM supporter_rank_ups ORDER BY 1, 2")


async def reached(world: TipsWorld) -> int:
    [(slot,)] = await world.all(
        "SELECT last_checkpoint FROM indexing_checkpoints WHERE tablename = 'aggregate_user_tips'"
    )
    return int(slot)


async def told(world: TipsWorld, *kinds: str) -> list[tuple[Any, ...]]:
    return [(row[0], row[3], row[4], row[6]) for row in await world.all(TOLD) if row[0] in kinds]


@pytest.mark.parametrize("at_once", [True, False])
async def test_59_tips_are_added_up_and_ranks_are_reached_slot_by_slot(world: TipsWorld, at_once: bool) -> None:
    """The network tells ranks of its last slot alone; here what it tells where it runs after each slot."""
    steps = [Step([tip(10, FAN, ARTIST, 100)]), Step([tip(11, RIVAL, ARTIST, 300)])]
    await world.run(SUPPORTERS)
    for step in steps:
        await world.apply(step)
        if not at_once:
            await world.run(SUPPORTERS)
    await world.run(SUPPORTERS)
    assert await world.kept() == {
        "sums": [(FAN, ARTIST, 100), (RIVAL, ARTIST, 300)],
        "counts": [(FAN, 0, 1), (RIVAL, 0, 1), (ARTIST, 2, 0)],
        "kept": [(FAN, 0, 1), (RIVAL, 0, 1), (ARTIST, 2, 0)],
        "ranks": [(10, ARTIST, FAN, 1), (11, ARTIST, RIVAL, 1)],
    }
    await world.apply(Step([tip(12, FAN, ARTIST, 250)]))
    await world.run(SUPPORTERS)
    assert await ranks(world) == [(10, FAN, 1), (11, RIVAL, 1), (12, FAN, 1)]
    assert await reached(world) == 12
    await world.apply(Step([tip(5, LATE, ARTIST, 200)]))
    await world.run(SUPPORTERS)
    assert (await world.kept())["sums"] == [(FAN, ARTIST, 350), (RIVAL, ARTIST, 300), (LATE, ARTIST, 200)]
    assert await ranks(world) == [(5, LATE, 1), (10, FAN, 2), (11, RIVAL, 1), (12, FAN, 1)]
    assert await reached(world) == 12
    await holds(world)


@example(
    history=[(Step([Tip(1, letter, sender, 9, 2) for sender, letter in enumerate("abcdefg", 1)]), True)], tips_max=3
)
@given(
    history=st.lists(st.tuples(STEPS, st.booleans()), min_size=1, max_size=8), tips_max=st.sampled_from([1, 2, 5_000])
)
@settings(
    max_examples=at_depth(10, 60, 600),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_what_is_kept_is_what_all_tips_give(
    world: TipsWorld, history: list[tuple[Step, bool]], tips_max: int
) -> None:
    world = await TipsWorld.empty(world.connection)
    supporters = Supporters(tips_max)
    await world.run(supporters)
    for step, runs in [*history, (Step(), True)]:
        await world.apply(step)
        if runs:
            await world.run(supporters)
            await holds(world)
    report = await supporters.rebuild(Session(world.connection))
    assert report.rows_written == 0


@given(steps=st.lists(STEPS, min_size=1, max_size=4))
@settings(max_examples=at_depth(5, 20, 200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_first_run_counts_what_is_there(world: TipsWorld, steps: list[Step]) -> None:
    world = await TipsWorld.empty(world.connection)
    for step in steps:
        await world.apply(step)
    await world.run(SUPPORTERS)
    await holds(world)


async def test_a_tip_that_commits_late_counts(world: TipsWorld, module_database_url: str) -> None:
    await world.run(SUPPORTERS)
    async with await AsyncConnection.connect(module_database_url) as slow:
        await write(slow, Step([tip(5, LATE, ARTIST, 200)]))
        await world.apply(Step([tip(10, FAN, ARTIST, 100)]))
        await world.run(SUPPORTERS)
        assert await ranks(world) == [(10, FAN, 1)]
        await slow.commit()
    await world.run(SUPPORTERS)
    assert await ranks(world) == [(5, LATE, 1), (10, FAN, 2)]
    await holds(world)


async def test_a_tip_that_is_taken_back_while_another_is_counted_leaves_no_trace(world: TipsWorld) -> None:
    """What a run has not been told of does not bear on the ranks that it writes."""
    await world.apply(Step([tip(10, RIVAL, ARTIST, 300)]))
    await world.run(SUPPORTERS)
    await world.apply(Step([tip(9, FAN, ARTIST, 100)]))
    await world.apply(Step(taken_back=["s10:2"]))
    await settle(Supporters(1), world.connection)
    await world.run(SUPPORTERS)
    assert await ranks(world) == [(9, FAN, 1)]
    await holds(world)


async def test_a_tip_of_nothing_supports_nobody(world: TipsWorld) -> None:
    await world.run(SUPPORTERS)
    await world.apply(Step([tip(1, FAN, ARTIST, 0), tip(2, RIVAL, ARTIST, -5)]))
    await world.run(SUPPORTERS)
    assert await world.kept() == {"sums": [], "ranks": [], "kept": [], "counts": []}


async def test_everything_may_be_taken_back(world: TipsWorld) -> None:
    await world.run(SUPPORTERS)
    await world.apply(Step([tip(10, FAN, ARTIST, 100), tip(11, RIVAL, ARTIST, 300)], paid=[10, 11]))
    await world.run(SUPPORTERS)
    before = await world.all(TOLD)
    await world.connection.execute("TRUNCATE user_tips")
    await world.run(SUPPORTERS)
    assert await world.kept() == {"sums": [], "ranks": [], "kept": [], "counts": []}
    assert await world.all(TOLD) == before  # what was told stays
    assert await reached(world) == 11


async def test_ranks_that_another_program_told_stay_as_they_are(world: TipsWorld) -> None:
    """An adopted database: the network's job has run up to slot 11, and told of that slot alone."""
    await world.apply(Step([tip(5, LATE, ARTIST, 40), tip(10, FAN, ARTIST, 100), tip(11, RIVAL, ARTIST, 300)]))
    await world.connection.execute("INSERT INTO indexing_checkpoints VALUES ('aggregate_user_tips', 11)")
    await world.connection.execute("INSERT INTO aggregate_user_tips VALUES (1, 9, 100), (2, 9, 300)")
    await world.connection.execute("INSERT INTO supporter_rank_ups VALUES (11, 2, 9, 1), (11, 1, 9, 2)")
    await world.run(SUPPORTERS)
    told_by_others = [(11, FAN, 2), (11, RIVAL, 1)]
    assert await ranks(world) == told_by_others
    assert (await world.kept())["sums"][-1] == (LATE, ARTIST, 40)  # which the network had left out
    await world.apply(Step([tip(7, LATE, ARTIST, 270)]))
    await world.run(SUPPORTERS)
    assert await ranks(world) == told_by_others
    await world.apply(Step([tip(12, FAN, ARTIST, 205)]))
    await world.run(SUPPORTERS)
    assert await ranks(world) == [*told_by_others, (12, FAN, 2)]
    report = await SUPPORTERS.rebuild(Session(world.connection))
    assert report.rows_written == 0
    assert (await SUPPORTERS.audit(world.connection)).is_clean


async def test_a_tip_is_told_of_up_to_the_one_who_was_first(world: TipsWorld) -> None:
    await world.run(SUPPORTERS)
    await world.apply(Step([tip(10, FAN, ARTIST, 100)], paid=[10, 11]))
    await world.apply(Step([tip(11, RIVAL, ARTIST, 300), tip(12, LATE, ARTIST, 500)]))
    await world.run(SUPPORTERS)
    sides = {"sender_user_id": RIVAL, "receiver_user_id": ARTIST}
    kinds = ("supporting_rank_up", "supporter_rank_up", "supporter_dethroned")
    assert [row for row in await told(world, *kinds) if row[2] == 11] == [
        ("supporter_dethroned", [FAN], 11, {**sides, "dethroned_user_id": FAN}),
        ("supporter_rank_up", [ARTIST], 11, {**sides, "rank": 1}),
        ("supporting_rank_up", [RIVAL], 11, {**sides, "rank": 1}),
    ]
    assert {row[2] for row in await told(world, *kinds)} == {10, 11}  # nothing dates slot 12
    assert len(await told(world, "tip_send", "tip_receive")) == 6
    before = await world.all(TOLD)
    await SUPPORTERS.rebuild(Session(world.connection))
    assert await world.all(TOLD) == before


@pytest.mark.parametrize("seen", [True, False])
async def test_a_slot_that_becomes_known_late_is_told_of(
    world: TipsWorld, module_database_url: str, seen: bool
) -> None:
    """Whether its transaction commits before the ranks are written or after."""
    await world.run(SUPPORTERS)
    await world.apply(Step([tip(10, FAN, ARTIST, 100)]))
    async with await AsyncConnection.connect(module_database_url) as slow:
        await write(slow, Step(paid=[10, 99]))
        if seen:
            await world.run(SUPPORTERS)
            assert await told(world, "supporter_rank_up") == []
        await slow.commit()
    await world.run(SUPPORTERS)
    assert [row[1:3] for row in await told(world, "supporter_rank_up", "supporting_rank_up")] == [
        ([ARTIST], 10), ([FAN], 10),
    ]  # fmt: skip
    assert (await world.all(TOLD))[0][5] == at(10)


async def test_counts_of_a_user_without_a_row_make_one(world: TipsWorld) -> None:
    await world.connection.execute("INSERT INTO aggregate_user (user_id, supporter_count) VALUES (9, 77), (5, 3)")
    await world.apply(Step([tip(10, FAN, ARTIST, 100)]))
    await world.run(SUPPORTERS)
    found = await world.all("SELECT user_id, supporter_count, supporting_count, score FROM aggregate_user ORDER BY 1")
    assert found == [(1, 0, 1, 0), (5, 0, 0, 0), (9, 1, 0, 0)]


async def test_tips_that_no_log_tells_of_are_counted_again(world: TipsWorld) -> None:
    """As in a dump that was restored to another cluster."""
    await world.apply(Step([tip(10, FAN, ARTIST, 100)]))
    await world.run(SUPPORTERS)
    await world.connection.execute("SET session_replication_role = replica")
    await world.apply(Step([tip(11, RIVAL, ARTIST, 300)], taken_back=["s10:1"]))
    await world.connection.execute("SET session_replication_role = origin")
    assert not (await SUPPORTERS.audit(world.connection)).is_clean
    await world.connection.execute("UPDATE backbeat.consumers SET epoch = 1")
    await world.run(SUPPORTERS)
    await holds(world)


async def test_a_large_batch_is_counted_with_all_the_rest(world: TipsWorld) -> None:
    await world.run(SUPPORTERS)
    await world.apply(Step([tip(n, n % 7 + 1, ARTIST, n % 5) for n in range(1, 300)]))
    await world.run(SUPPORTERS)
    await world.connection.execute("ANALYZE backbeat.counted_tips")
    await world.apply(Step([tip(n, n % 9 + 1, ARTIST, n % 7) for n in range(200, 1_300)]))
    report = await SUPPORTERS.incremental(Session(world.connection))
    assert [(report.keys,)] == await world.all("SELECT count(*) FROM backbeat.counted_tips")
    await world.run(SUPPORTERS)
    await holds(world)
