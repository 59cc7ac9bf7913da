"""One derivation over a BlockFeed, a ChangeFeed and a Due feed stands what the derivations of the network stand."""

from collections.abc import Sequence
from typing import Any

import pytest
from depth import at_depth
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import AsyncConnection

from backbeat.incremental.transaction import Session
from harness import check_deaths, check_history, check_two_workers, settle
from harness.every_feed_world import Fan, Fans, Later, Nobody, Shelf, Song, Songs, shelf, steps

SHELF = shelf()
# A song of every fate waits in the last step for each of the feeds, and more than one batch of them.
HISTORY = [
    Songs([Song(1, 1, None), Song(2, 1, 5), Song(3, 2, 10), Song(4, 2, 10), Song(5, 3, 90)]),
    Fans([Fan(1, 1), Fan(2, 1)]),
    Later(3),
]


class AllAtOnce(tuple[Any, ...]):
    """Steps that no run comes between."""

    __slots__ = ()

    async def apply(self, world: Shelf) -> None:
        for step in self:
            await world.apply(step)


LAST = AllAtOnce(
    [Songs([Song(1, 2, None), Song(6, 1, None)]), Fans([Fan(1, 2), Fan(2, 1), Fan(3, 3)]), Fans([Fan(3, 1)]), Later(7)]
)
RUNS = {
    "first_run": [LAST],
    "later_run": [*HISTORY, LAST],
    "later_run_that_becomes_a_rebuild": [*HISTORY, AllAtOnce([LAST, Nobody()])],
}


@given(history=st.lists(steps, min_size=1, max_size=8))
@settings(max_examples=at_depth(5, 25, 250), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_incremental_equals_full_after_each_step(
    history: Sequence[Any], connection: AsyncConnection[Any], twin: AsyncConnection[Any]
) -> None:
    await check_history(SHELF, history, connection, twin, Shelf)


@pytest.mark.newest
@pytest.mark.parametrize("history", RUNS.values(), ids=RUNS)
async def test_death_at_any_exchange_loses_and_repeats_nothing(
    history: Sequence[Any], database_url: str, connection: AsyncConnection[Any]
) -> None:
    assert await check_deaths(SHELF, history, database_url, connection, Shelf) >= 10


@pytest.mark.newest
@pytest.mark.parametrize("history", [RUNS["first_run"], RUNS["later_run"]], ids=["first_run", "later_run"])
async def test_second_worker_at_any_exchange_counts_nothing_twice(
    history: Sequence[Any], database_url: str, connection: AsyncConnection[Any]
) -> None:
    assert await check_two_workers(SHELF, history, database_url, connection, Shelf) >= 10


async def test_a_batch_knows_no_more_of_time_than_where_it_ends(connection: AsyncConnection[Any]) -> None:
    world = await Shelf.empty(connection)
    await world.apply(Songs([Song(number, 1, number) for number in range(1, 6)]))
    await settle(SHELF, connection)
    await world.apply(Songs([Song(6, 1, 7)]))
    await world.apply(Later(8))
    assert (await SHELF.incremental(Session(connection))).more
    assert [is_out for _, _, is_out in await world.rows(SHELF)] == [True, True, True, False, False, False]
    assert (await SHELF.audit(connection)).is_clean


async def test_a_clock_that_goes_back_harms_nothing(connection: AsyncConnection[Any]) -> None:
    world = await Shelf.empty(connection)
    for step in [*HISTORY, Later(10)]:
        await world.apply(step)
        await settle(SHELF, connection)
    await world.apply(Later(-8))
    await world.apply(Songs([Song(6, 1, 12), Song(7, 1, 9)]))
    await settle(SHELF, connection)
    before = await world.rows(SHELF)
    assert [(song, is_out) for song, _, is_out in before] == [
        (1, True), (2, True), (3, True), (4, True), (5, False), (6, False), (7, True),
    ]  # fmt: skip
    assert (await SHELF.audit(connection)).is_clean
    assert (await SHELF.incremental(Session(connection))).is_quiet
    await world.apply(Later(8))
    report = await SHELF.incremental(Session(connection))
    assert (report.keys, report.updated) == (1, 1)
    assert (await SHELF.audit(connection)).is_clean
