"""How many tracks, playlists and users sitemaps list: by the network's rules, whatever changes, at the cost of that."""

from typing import Any

import pytest
from depth import at_depth
from hypothesis import HealthCheck, Phase, given, settings
from psycopg import AsyncConnection

from backbeat.derived.aggregates.entity_counts import CHANGES_MAX, ENTITY_COUNTS, STREAM
from backbeat.derived.aggregates.entity_counts import OWNERS_MAX as OWNERS_IN_A_RUN
from backbeat.incremental.transaction import Session, checked_by
from harness import check_deaths, check_history, check_two_workers, settle
from harness.entity_world import (
    LISTED,
    AllAtOnce,
    Corrected,
    EntityWorld,
    Follows,
    Gone,
    HandedOver,
    Person,
    Playlist,
    Route,
    Track,
    histories,
)
from harness.keepers import jobs_of

assert jobs_of(__name__) == (ENTITY_COUNTS.name,)

HISTORY = [
    AllAtOnce(LISTED),
    AllAtOnce([Follows(3, 10), Follows(1, 9), Track(2, 2, is_unlisted=True), Person(2, is_deactivated=True)]),
]
ALL = (2, 2, 2)

examples = settings(
    max_examples=at_depth(5, 25, 300),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@given(history=histories)
@examples
async def test_incremental_equals_full_after_each_step(
    history: list[Any], connection: AsyncConnection[Any], twin: AsyncConnection[Any]
) -> None:
    await check_history(ENTITY_COUNTS, history, connection, twin, EntityWorld)


@given(history=histories)
@examples
async def test_counts_are_what_the_rules_count(history: list[Any], connection: AsyncConnection[Any]) -> None:
    world = await EntityWorld.empty(connection)
    for step in history:
        await world.apply(step)
        await settle(ENTITY_COUNTS, connection)
        assert await world.counts() == await world.expected()


@pytest.mark.newest
@pytest.mark.parametrize("history", [HISTORY[:1], HISTORY], ids=["first_run", "later_run"])
async def test_death_at_any_exchange_loses_and_repeats_nothing(
    history: list[Any], database_url: str, connection: AsyncConnection[Any]
) -> None:
    assert await check_deaths(ENTITY_COUNTS, history, database_url, connection, EntityWorld) >= 6


@pytest.mark.newest
@pytest.mark.parametrize("history", [HISTORY[:1], HISTORY], ids=["first_run", "later_run"])
async def test_second_worker_at_any_exchange_counts_nothing_twice(
    history: list[Any], database_url: str, connection: AsyncConnection[Any]
) -> None:
    assert await check_two_workers(ENTITY_COUNTS, history, database_url, connection, EntityWorld) >= 6


@pytest.mark.parametrize(
    ("step", "counts"),
    [
        pytest.param(Follows(1, 9), (1, 1, 1), id="ninth_follower"),
        pytest.param(Follows(1, 11), ALL, id="eleventh_follower"),
        pytest.param(Follows(3, 10), (3, 3, 3), id="tenth_follower"),
        pytest.param(Corrected(1, None), (1, 1, 1), id="unknown_followers"),
        pytest.param(Person(1, is_deactivated=True), (2, 2, 1), id="deactivated"),
        pytest.param(Person(1, is_available=False), (2, 2, 1), id="user_unavailable"),
        pytest.param(Person(1, handle_lc=None), (2, 2, 1), id="no_handle"),
        pytest.param(Gone("users", "user_id", 1), (1, 1, 1), id="no_user"),
        pytest.param(Track(1, 1, is_unlisted=True), (1, 2, 2), id="unlisted"),
        pytest.param(Track(1, 1, is_delete=True), (1, 2, 2), id="track_deleted"),
        pytest.param(Track(1, 1, is_available=False), (1, 2, 2), id="track_unavailable"),
        pytest.param(Track(1, 1, stem_of='{"parent": 2}'), (1, 2, 2), id="stem"),
        pytest.param(Playlist(1, 1, is_private=True), (2, 1, 2), id="private"),
        pytest.param(Playlist(1, 1, is_delete=True), (2, 1, 2), id="playlist_deleted"),
        pytest.param(Route("track", 1, "a", 1, is_current=False), (1, 2, 2), id="no_address"),
        pytest.param(Route("track", 1, "b", 1, is_current=False), ALL, id="former_address"),
        pytest.param(Route("track", 1, "b", 1), (3, 2, 2), id="second_address"),
        pytest.param(Route("playlist", 2, "b", 9), ALL, id="address_of_nothing"),
        pytest.param(HandedOver("track", 1, 3), (1, 2, 2), id="address_of_another"),
        pytest.param(Track(1, 3), ALL, id="owner_of_the_row_alone"),
    ],
)
async def test_each_rule(step: Any, counts: tuple[int, int, int], connection: AsyncConnection[Any]) -> None:
    """The owner is whose address it is, as the network joins; a deactivated one's tracks are listed on."""
    world = await EntityWorld.empty(connection)
    await world.apply(LISTED)
    await settle(ENTITY_COUNTS, connection)
    assert await world.counts() == ALL
    await world.apply(step)
    await settle(ENTITY_COUNTS, connection)
    assert await world.counts() == counts == await world.expected()


async def test_sums_that_were_written_by_hand_are_found_and_a_rebuild_corrects_them(
    connection: AsyncConnection[Any],
) -> None:
    world = await EntityWorld.empty(connection)
    await world.apply(LISTED)
    await settle(ENTITY_COUNTS, connection)
    for spoil in (
        "UPDATE backbeat.entity_counts SET tracks = 7",
        "DELETE FROM backbeat.entity_counts",
        "UPDATE backbeat.listed_owners SET playlists = 7",
        "DELETE FROM backbeat.listed_owners WHERE user_id = 1",
    ):
        await world.execute(spoil)
        assert not (await ENTITY_COUNTS.audit(connection)).is_clean
        await ENTITY_COUNTS.rebuild(Session(connection))
        assert (await ENTITY_COUNTS.audit(connection)).is_clean
        assert await world.counts() == ALL


async def test_owners_beyond_what_a_run_takes_come_in_the_next(connection: AsyncConnection[Any]) -> None:
    world = await EntityWorld.empty(connection)
    await world.apply(LISTED)
    await settle(ENTITY_COUNTS, connection)
    owners = OWNERS_IN_A_RUN + 10
    await world.execute(
        "INSERT INTO users (user_id, is_current, handle_lc) SELECT 99 + n, true, 'u' FROM generate_series(1, %s) AS n",
        owners,
    )
    await world.execute("ALTER TABLE backbeat.listed_owners SET (autovacuum_enabled = off)")
    await world.execute("INSERT INTO backbeat.listed_owners SELECT n, 0, 0, 0 FROM generate_series(5000, 9000) AS n")
    await world.execute("ANALYZE backbeat.listed_owners")  # so a pass over everything costs more than those owners
    await world.execute("UPDATE aggregate_user SET follower_count = 10 WHERE user_id >= 100")
    report = await ENTITY_COUNTS.incremental(Session(connection))
    assert (report.keys, report.more) == (OWNERS_IN_A_RUN, True)
    await settle(ENTITY_COUNTS, connection)
    assert await world.counts() == (2, 2, 2 + owners)
    assert await world.all("SELECT 1 FROM backbeat.consumers WHERE stream = %s", STREAM)


READ = "SELECT relname, seq_tup_read, seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables"
TINY = {"consumers", "entity_counts", "changes"}
BY_CHANGE, BY_ADDRESS = 6, 3  # rows read per change of an owner with 10 followers, and per address that it has


async def fill(world: EntityWorld, owners: int) -> None:
    """Make owners of four tracks each, of whom every other one is listed."""
    for statement in (
        "INSERT INTO users (user_id, is_current, handle_lc) SELECT n, true, 'u' FROM generate_series(1, %s) AS n",
        """
        INSERT INTO tracks (track_id, owner_id, is_current, is_delete, created_at, updated_at)
        SELECT n, 1 + n / 4, true, false, now(), now() FROM generate_series(1, 4 * %s - 1) AS n
        """,
        """
        INSERT INTO track_routes
        SELECT n::text, '', 0, 1 + n / 4, n, true, '', 1, '' FROM generate_series(1, 4 * %s - 1) AS n
        """,
        "UPDATE aggregate_user SET follower_count = 9 + user_id %% 2 WHERE user_id <= %s",
    ):
        await world.execute(statement, owners)
    await ENTITY_COUNTS.rebuild(Session(world.connection))
    await world.execute("VACUUM (ANALYZE)")


async def read_by_a_run(world: EntityWorld) -> tuple[int, set[str]]:
    counted: list[tuple[str, int, int]] = []

    async def count(session: AsyncConnection[Any]) -> None:
        counted.extend(await (await session.execute(READ)).fetchall())

    await world.execute("SELECT pg_stat_force_next_flush()")
    await ENTITY_COUNTS.incremental(Session(world.connection, checked_by(count)))
    return sum(rows for name, _, rows in counted if name not in TINY), {name for name, scanned, _ in counted if scanned}


FOLLOWED = "UPDATE aggregate_user SET follower_count = %s WHERE user_id <= 19 AND follower_count = 10"
BELOW = "UPDATE aggregate_user SET follower_count = %s WHERE user_id <= 19 AND follower_count = 500"
HIDDEN = "UPDATE tracks SET is_unlisted = %s WHERE track_id IN (SELECT 8 * n FROM generate_series(1, 10) AS n)"
DEACTIVATED = "UPDATE users SET is_deactivated = %s WHERE user_id <= 19"
RECOUNTED = BY_CHANGE + 4 * BY_ADDRESS


CHANGES = (  # each of ten listed owners; the last one of nine others, too
    (FOLLOWED, 500, 10 * BY_CHANGE),
    (HIDDEN, True, 10 * RECOUNTED),
    (DEACTIVATED, True, 10 * RECOUNTED + 9 * BY_CHANGE),
    (BELOW, 9, 10 * BY_CHANGE),
)


async def test_a_run_reads_what_changed(connection: AsyncConnection[Any]) -> None:
    """A follower more, a track of four that is hidden, a deactivation, too few followers."""
    found = []
    for owners in (1_000, 4_000):
        world = await EntityWorld.empty(connection)
        await fill(world, owners)
        for change, value, rows_max in CHANGES:
            assert await world.execute(change, value) >= 10
            rows, scanned = await read_by_a_run(world)
            assert not scanned - TINY
            assert 10 <= rows <= rows_max
            found.append(rows)
        assert (await ENTITY_COUNTS.audit(connection)).is_clean
    small, large = found[: len(CHANGES)], found[len(CHANGES) :]
    assert all(more <= 1.5 * less for less, more in zip(small, large, strict=True))


ALL_READ = """
    SELECT (SELECT sum(seq_tup_read) FROM pg_stat_user_tables) + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes)
"""
LOOKS_MAX = 16  # rows: four looks at a table of four positions


async def test_a_quiet_tick_reads_its_positions(connection: AsyncConnection[Any]) -> None:
    """However much the log holds, and however many owners are listed."""
    world = await EntityWorld.empty(connection)
    await fill(world, 500)
    await settle(ENTITY_COUNTS, connection)
    read = []
    for _ in range(2):
        await world.execute("SELECT pg_stat_force_next_flush()")
        await world.execute("SELECT pg_stat_clear_snapshot()")
        read.append((await world.all(ALL_READ))[0][0])
        assert (await ENTITY_COUNTS.incremental(Session(connection))).is_quiet
    assert read[1] - read[0] <= LOOKS_MAX


async def test_what_is_looked_at_in_a_run_is_bounded(connection: AsyncConnection[Any]) -> None:
    world = await EntityWorld.empty(connection)
    await settle(ENTITY_COUNTS, connection)
    for user in (0, CHANGES_MAX):
        await world.execute(
            "INSERT INTO users (user_id, is_current) SELECT n, true FROM generate_series(%s + 1, %s + 9000) AS n",
            user,
            user,
        )
    report = await ENTITY_COUNTS.incremental(Session(connection))
    assert (report.keys, report.more) == (0, True)
    assert not (await ENTITY_COUNTS.incremental(Session(connection))).more
