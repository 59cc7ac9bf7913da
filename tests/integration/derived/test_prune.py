"""Plays are pruned, and nothing that was made of them is lost: not by runs, nor by a rebuild, whoever deletes them."""

import gc
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from depth import at_depth
from hypothesis import HealthCheck, Phase, given, settings
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier
from sql_files import SOURCE

from backbeat.derived.challenges.audited import STREAKS, TOLD
from backbeat.derived.challenges.listen_streak import LISTEN_STREAK
from backbeat.derived.challenges.play_count_milestones import PLAY_COUNT_MILESTONES
from backbeat.derived.plays import gone, prune
from backbeat.derived.plays.hourly import HOURLY_PLAY_COUNTS
from backbeat.derived.plays.listening_history import USER_LISTENING_HISTORY
from backbeat.derived.scores.listeners import LISTENERS
from backbeat.errors import ConfigError, PlaysLostError
from backbeat.incremental.feed import BlockFeed, Stamp
from backbeat.incremental.ranges import Outcome
from backbeat.incremental.transaction import Session, checked_by
from backbeat.jobs.catalog import JOBS, find
from backbeat.observe.pruned import read_pruned
from backbeat.settings import JobsSettings, Settings
from harness import ChainWriter, Play, Track, User, World, settle
from harness.auditing import whole
from harness.chain_writer import GENESIS, Block
from harness.check import Derived
from harness.connections import scripted
from harness.pruning import (
    DAYS,
    KEPT,
    PruningHistory,
    all_rows,
    check_pruned,
    come_to,
    pruning,
    pruning_histories,
    reader_of,
    take,
    take_unseen,
)
from harness.pruning import prune as run_pruning

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
DERIVATIONS: tuple[Derived, ...] = (HOURLY_PLAY_COUNTS, USER_LISTENING_HISTORY, PLAY_COUNT_MILESTONES)
PAID = """
    SELECT specifier, is_complete, current_step_count, amount, completed_blocknumber, completed_at, created_at
    FROM user_challenges WHERE challenge_id = 'e' ORDER BY created_at
"""
STREAK = "SELECT user_id, last_listen_date, listen_streak, began_at FROM challenge_listen_streak"
FOLDS = (HOURLY_PLAY_COUNTS, USER_LISTENING_HISTORY)
each = pytest.mark.parametrize("derived", DERIVATIONS, ids=lambda derived: derived.name)
each_fold = pytest.mark.parametrize("fold", FOLDS, ids=lambda fold: fold.name)


def plays(*ages: timedelta) -> list[Play]:
    return [Play(1 + number % 3, 7 + number % 2, GENESIS - age) for number, age in enumerate(ages)]


async def ids(connection: AsyncConnection[Any]) -> list[int]:
    return [id_ for (id_,) in await all_rows(connection, "SELECT id FROM plays ORDER BY id")]


async def everything(connection: AsyncConnection[Any]) -> list[Any]:
    world = World(connection)
    return [await world.rows(derived) for derived in DERIVATIONS] + [
        await all_rows(connection, query) for query in KEPT
    ]


async def followed(connection: AsyncConnection[Any]) -> None:
    for derived in DERIVATIONS:
        await settle(derived, connection)


async def test_37_plays_older_than_400_days_go_oldest_first(connection: AsyncConnection[Any]) -> None:
    await ChainWriter(connection).commit(plays(399 * DAY, 401 * DAY, 400 * DAY))
    await come_to(connection, GENESIS)
    counted = await all_rows(connection, KEPT[0])
    job = pruning(GENESIS - 400 * DAY, rows_max=1)
    left = []
    for _ in range(3):
        report = await job.run(Session(connection))
        left.append((await ids(connection), report.deleted, report.more))
    assert left == [([1, 3], 1, True), ([1], 1, True), ([1], 0, False)]
    assert await all_rows(connection, KEPT[0]) == counted
    assert await run_pruning(connection, GENESIS - 399 * DAY) == 1, "the cut moves with the clock"


async def test_the_job_leaves_the_rest_to_its_next_cadence(connection: AsyncConnection[Any]) -> None:
    await ChainWriter(connection).commit(plays(401 * DAY, 402 * DAY))
    await come_to(connection, GENESIS)
    report = await pruning(GENESIS - 400 * DAY, rows_max=1).batch(Session(connection))
    assert (report.deleted, report.more) == (1, False)
    assert (await run_pruning(connection, GENESIS - 400 * DAY), await ids(connection)) == (1, [])


async def test_age_is_told_by_the_chain_where_it_is_behind_the_clock(connection: AsyncConnection[Any]) -> None:
    await ChainWriter(connection).commit(plays(401 * DAY, 399 * DAY))
    await come_to(connection, GENESIS)
    late = pruning(GENESIS)  # by the clock all are 400 days old
    assert (await late.run(Session(connection))).deleted == 1
    await come_to(connection, datetime(2999, 1, 1))  # noqa: DTZ001 - a block of the future takes nothing either
    assert (await pruning(GENESIS - 400 * DAY).run(Session(connection))).is_quiet


async def test_without_a_cursor_or_an_age_nothing_goes(connection: AsyncConnection[Any]) -> None:
    await connection.execute("INSERT INTO plays (play_item_id, created_at) VALUES (1, '2014-01-01')")
    assert (await pruning(GENESIS).run(Session(connection))).is_quiet
    await ChainWriter(connection, play_id=1).commit([])
    assert (await pruning(GENESIS, days=0.0).run(Session(connection))).is_quiet
    assert await run_pruning(connection, GENESIS) == 1


async def test_pruning_waits_for_who_has_not_read_a_play(connection: AsyncConnection[Any]) -> None:
    await ChainWriter(connection).commit(plays(3 * DAY, 2 * DAY))
    assert await run_pruning(connection, GENESIS, *reader_of(HOURLY_PLAY_COUNTS)) == 0, "it never ran"
    await settle(HOURLY_PLAY_COUNTS, connection)
    await ChainWriter(connection, play_id=2).commit(plays(4 * DAY))
    assert await run_pruning(connection, GENESIS, *reader_of(HOURLY_PLAY_COUNTS)) == 2
    assert await ids(connection) == [3]
    await settle(HOURLY_PLAY_COUNTS, connection)
    assert await run_pruning(connection, GENESIS, *reader_of(HOURLY_PLAY_COUNTS)) == 1


async def test_a_challenge_is_waited_for_while_it_is_active(connection: AsyncConnection[Any]) -> None:
    [streaks] = [reader for reader in prune.READERS if reader.rewards == ("e",)]
    await ChainWriter(connection).commit(plays(3 * DAY))
    await connection.execute("UPDATE challenges SET active = true WHERE id = 'e'")
    assert await run_pruning(connection, GENESIS, streaks) == 0
    await connection.execute("UPDATE challenges SET active = false WHERE id = 'e'")
    assert await run_pruning(connection, GENESIS, streaks) == 1


async def test_a_challenge_that_is_off_is_waited_for_until_it_has_read_what_came_while_it_was_on(
    connection: AsyncConnection[Any],
) -> None:
    [streaks] = [reader for reader in prune.READERS if reader.rewards == ("e",)]
    await connection.execute("UPDATE challenges SET active = true WHERE id = 'e'")
    writer = ChainWriter(connection)
    await writer.commit(plays(3 * DAY))
    await connection.execute("UPDATE challenges SET active = false WHERE id = 'e'")
    await writer.commit(plays(4 * DAY))
    assert await run_pruning(connection, GENESIS, streaks) == 0
    await LISTEN_STREAK.incremental(Session(connection))
    assert await all_rows(connection, "SELECT current_step_count FROM user_challenges WHERE challenge_id = 'e'") == [
        (1,)
    ]
    assert await run_pruning(connection, GENESIS, streaks) == 2, "what comes while it is off waits for nobody"


async def test_artists_whose_plays_another_program_deletes_unread_are_judged(
    connection: AsyncConnection[Any], twin: AsyncConnection[Any]
) -> None:
    """Also of a track that has another owner since."""
    derived = PLAY_COUNT_MILESTONES
    for session in (connection, twin):
        world = await World.empty(session)
        await world.apply([[User(3, is_verified=True), User(4, is_verified=True), Track(5, 3), Track(6, 4)]])
        await settle(derived, session)
        await world.apply([[*[Play(track, played_at=GENESIS - DAY) for track in (5, 6)] * 3]])
        await world.apply([[Track(6, 3)]])
        if session is connection:
            await take(session, GENESIS)
        await settle(derived, session)
    paid = await World(connection).rows(derived)
    assert [row[:4] for row in paid] == [row[:4] for row in await World(twin).rows(derived)]
    assert {row[1] for row in paid if row[2]} >= {"3:250", "4:250"}


@pytest.mark.parametrize("read", [0, 2, 5])
async def test_days_of_listening_that_another_program_deletes_unread_never_were(
    read: int, connection: AsyncConnection[Any], twin: AsyncConnection[Any]
) -> None:
    """Those that were read count, whatever goes then: a reward that was paid stays, and so does the streak."""
    gone = {4, 5, 9}
    for session in (connection, twin):
        await session.execute("UPDATE challenges SET active = true, amount = '1' WHERE id = 'e'")
        writer = ChainWriter(session)
        await writer.commit([User(7)])
        for day in range(1, 21):
            heard = session is connection or day <= read or day not in gone
            await writer.commit([User(3), *[Play(1, 7, GENESIS + day * DAY)] * heard])
            if day == read:
                await settle(LISTEN_STREAK, session)
        if session is connection:
            days = [GENESIS + day * DAY for day in (1, *gone)]
            await session.execute("DELETE FROM plays WHERE created_at = ANY (%s)", [days[read == 0 :]])
        await settle(LISTEN_STREAK, session)
    for query in (PAID, STREAK):
        assert await all_rows(connection, query) == await all_rows(twin, query) != []
    assert (await whole(connection, STREAKS)).outcome is Outcome.CLEAN, "it began anew behind the last that is gone"
    assert (await whole(connection, TOLD)).outcome is not Outcome.DIFFERS


def test_every_job_that_reads_plays_is_waited_for() -> None:
    assert {job.name for job in JOBS} >= {reader.job for reader in prune.READERS}
    made = [each for each in gc.get_objects() if isinstance(each, BlockFeed) and each.stamp is Stamp.PLAY]
    assert {feed.checkpoint for feed in made} >= {reader.checkpoint for reader in prune.READERS}
    sources = [path.read_text(encoding="utf-8") for path in (SOURCE / "backbeat" / "derived").rglob("*.py")]
    assert sum(source.count("Stamp.PLAY") for source in sources) == len(prune.READERS), "name the new one there"


async def test_a_play_that_comes_late_counts_once(connection: AsyncConnection[Any], twin: AsyncConnection[Any]) -> None:
    """It is older than what was pruned, and goes itself as soon as all have read it."""
    for session in (connection, twin):
        world = await World.empty(session)
        await world.apply([[User(1, is_verified=True), Track(1, 1), Track(2, 1), Track(3, 1)]])
        await world.apply([plays(9 * DAY, 8 * DAY, HOUR)])
        await followed(session)
        if session is connection:
            assert await run_pruning(connection, GENESIS - DAY, *prune.READERS[:2]) == 2
        await world.apply([plays(9 * DAY, 30 * DAY)])
        if session is connection:
            assert await run_pruning(connection, GENESIS - DAY, *prune.READERS[:2]) == 0, "nobody has read them"
            for fold in FOLDS:
                await fold.rebuild(Session(connection))  # with both waiting, which must not get lost
        await followed(session)
    assert await everything(connection) == await everything(twin)
    assert await run_pruning(connection, GENESIS - DAY, *prune.READERS[:2]) == 2
    for derived in DERIVATIONS:
        assert (await derived.audit(connection)).is_clean
        await derived.rebuild(Session(connection))
    assert await everything(connection) == await everything(twin)


@pytest.mark.parametrize("is_foreign", [False, True])
async def test_pruned_plays_count_from_the_block_by_which_they_had_come(
    is_foreign: bool, connection: AsyncConnection[Any]
) -> None:
    """A rebuild does not count them where the artist could still earn, and dates a lost row by the last one's."""
    world, derived = await World.empty(connection), PLAY_COUNT_MILESTONES
    steps: list[Block] = [
        [User(3, is_verified=True), Track(5, 3), *[Play(5, played_at=GENESIS - DAY)] * 3],
        [User(3, is_verified=True, is_deactivated=True)],
        [Play(5, played_at=GENESIS - DAY)] * 12,
    ]
    for step in steps:
        await world.apply([step])
        await settle(derived, connection)
    before = await world.rows(derived)
    assert [(row[0], row[2], row[3]) for row in before] == [("p1", True, 1), ("p2", False, 3)]
    if is_foreign:
        await take(connection, GENESIS)
    else:
        assert await run_pruning(connection, GENESIS, *reader_of(derived)) == 15
    await derived.rebuild(Session(connection))
    assert await world.rows(derived) == before, "12 came when nothing was earned"
    await connection.execute("DELETE FROM user_challenges")
    await world.apply([[User(3, is_verified=True)]])
    await derived.rebuild(Session(connection))
    assert [(row[0], row[2], row[3], row[4]) for row in await world.rows(derived)] == [
        ("p1", True, 1, 3),
        ("p2", True, 12, 3),
        ("p3", False, 15, None),
    ]
    assert (await derived.audit(connection)).is_clean


@each
@given(history=pruning_histories())
@settings(
    max_examples=at_depth(3, 12, 200),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_a_table_is_what_it_is_where_nothing_was_pruned(
    derived: Derived, history: PruningHistory, connection: AsyncConnection[Any], twin: AsyncConnection[Any]
) -> None:
    await check_pruned(derived, history, connection, twin)


@each_fold
async def test_a_table_that_was_lost_comes_back_from_plays_and_sums(
    fold: Any, connection: AsyncConnection[Any]
) -> None:
    await ChainWriter(connection).commit(plays(9 * DAY, 8 * DAY, 8 * DAY, DAY, HOUR))
    await settle(fold, connection)
    before = await World(connection).rows(fold)
    await run_pruning(connection, GENESIS - 2 * DAY)
    await connection.execute(SQL("DELETE FROM {}").format(Identifier(fold.name)))
    assert not (await fold.audit(connection)).is_clean
    await fold.rebuild(Session(connection))
    assert await World(connection).rows(fold) == before


async def test_what_another_program_deletes_is_summed_up_and_told(connection: AsyncConnection[Any]) -> None:
    await ChainWriter(connection).commit(plays(9 * DAY, 8 * DAY, HOUR))
    await followed(connection)
    before = await everything(connection)
    assert await run_pruning(connection, GENESIS - 8 * DAY - HOUR) == 1
    await take(connection, GENESIS - DAY)
    pruned = await read_pruned(connection)
    assert (pruned.plays, pruned.foreign_plays, pruned.unread) == (2, 1, [])
    assert pruned.until == (GENESIS - 8 * DAY).replace(tzinfo=UTC)
    assert pruned.foreign_at is not None
    for derived in DERIVATIONS:
        assert (await derived.audit(connection)).is_clean
        await derived.rebuild(Session(connection))
    assert await everything(connection) == before


@each_fold
async def test_what_went_before_a_job_had_read_it_comes_with_a_rebuild(
    fold: Any, connection: AsyncConnection[Any], twin: AsyncConnection[Any]
) -> None:
    for session in (connection, twin):
        await ChainWriter(session).commit(plays(9 * DAY, 8 * DAY, HOUR))
    await settle(fold, twin)
    await take(connection, GENESIS - DAY)
    await settle(fold, connection)
    assert fold.name in (await read_pruned(connection)).unread
    assert not (await fold.audit(connection)).is_clean
    await fold.rebuild(Session(connection))
    assert fold.name not in (await read_pruned(connection)).unread
    assert (await fold.audit(connection)).is_clean
    assert await World(connection).rows(fold) == await World(twin).rows(fold)


async def truncate(connection: AsyncConnection[Any], _until: datetime) -> None:
    await connection.execute("TRUNCATE plays")


Taking = Callable[[AsyncConnection[Any], datetime], Awaitable[None]]
LOOKED_AT = "UPDATE backbeat.pruned_plays SET looked_at = looked_at + %s"


@pytest.mark.parametrize(
    ("taking", "since"), [(take_unseen, -61 * MINUTE), (take_unseen, 365 * DAY), (truncate, -61 * MINUTE)]
)
@each_fold
async def test_what_went_unseen_is_not_forgotten_by_a_rebuild(
    fold: Any, taking: Taking, since: timedelta, connection: AsyncConnection[Any]
) -> None:
    """Refused with its reason, counted on, and rebuilt once an operator takes what is kept for granted.

    It is found when plays were looked for an hour ago, or by a clock that was ahead.
    """
    writer = ChainWriter(connection)
    await writer.commit(plays(9 * DAY, 8 * DAY, 8 * DAY + HOUR, HOUR, HOUR))
    await followed(connection)
    await run_pruning(connection, GENESIS - 9 * DAY)
    await taking(connection, GENESIS - DAY)
    before = await World(connection).rows(fold)
    for asked in (fold.rebuild(Session(connection)), fold.audit(connection), fold.difference(connection)):
        with pytest.raises(PlaysLostError, match="cannot be computed again") as raised:
            await asked
        assert (raised.value.code, "backbeat plays accept" in raised.value.cure) == ("plays_lost", True)
    assert await World(connection).rows(fold) == before
    await connection.execute(LOOKED_AT.encode(), [since])
    await pruning(GENESIS - 9 * DAY).run(Session(connection))
    assert (await read_pruned(connection)).are_lost

    await writer.commit(plays(HOUR, 30 * DAY))
    await settle(fold, connection)
    counted = await World(connection).rows(fold)
    assert counted != before, "what comes is counted"
    await gone.accept(Session(connection))
    assert await gone.accept(Session(connection)) == (0, 0)
    assert not (await read_pruned(connection)).are_lost
    assert (await fold.audit(connection)).is_clean
    await fold.rebuild(Session(connection))
    assert await World(connection).rows(fold) == counted


async def test_an_adopted_database_that_was_pruned_before(connection: AsyncConnection[Any]) -> None:
    """Plays of years are in its tables and not among its plays; entries that nobody can read stay as they are."""
    await ChainWriter(connection).commit(plays(HOUR, HOUR))
    await connection.execute("INSERT INTO hourly_play_counts VALUES ('2021-01-01 05:00', 900), (%s, 3)", [GENESIS])
    history = """
        [{"track_id": 1, "timestamp": "2025-05-31 23:00:00", "play_count": 7},
         {"track_id": 9, "timestamp": "2021-01-01 05:00:00", "play_count": 4},
         {"track_id": 5, "timestamp": "soon", "play_count": 1}]
    """
    await connection.execute("INSERT INTO user_listening_history VALUES (7, %s)", [history])
    await connection.execute(
        "INSERT INTO indexing_checkpoints VALUES ('hourly_play_counts', 2), ('user_listening_history', 2)"
    )
    await pruning(GENESIS - 400 * DAY).run(Session(connection))
    assert (await read_pruned(connection)).lost_hours == 1
    with pytest.raises(PlaysLostError, match="1 hours"):
        await USER_LISTENING_HISTORY.audit(connection)
    before = [await World(connection).rows(fold) for fold in FOLDS]
    await gone.accept(Session(connection))
    listened = await USER_LISTENING_HISTORY.difference(connection)
    assert {row["user_id"] for rows in listened.samples.values() for row in rows} == {8}, "who never had a history"
    for fold in FOLDS:
        await fold.rebuild(Session(connection))
    after = [await World(connection).rows(fold) for fold in FOLDS]
    assert [hour for hour in after[0] if hour in before[0]] == before[0][:1]
    [(_, kept)] = [row for row in after[1] if row[0] == 7]
    assert sorted((entry["track_id"], entry["play_count"]) for entry in kept) == [(1, 7), (5, 1), (9, 4)]


async def test_listeners_whose_plays_go_unread_are_put_down(connection: AsyncConnection[Any]) -> None:
    await ChainWriter(connection).commit(plays(9 * DAY, 8 * DAY, HOUR))
    await take(connection, GENESIS - DAY)
    await settle(LISTENERS, connection)
    assert await all_rows(connection, "SELECT user_id, track_count FROM user_distinct_play_tracks ORDER BY 1") == [
        (7, 2),
        (8, 1),
    ]
    await ChainWriter(connection, play_id=3).commit(plays(7 * DAY))
    await settle(LISTENERS, connection)
    await take(connection, GENESIS - DAY)
    assert (await LISTENERS.audit(connection)).is_clean
    await LISTENERS.rebuild(Session(connection))
    assert (await LISTENERS.audit(connection)).is_clean


async def test_an_idle_tick_is_one_look(database_url: str, connection: AsyncConnection[Any]) -> None:
    await ChainWriter(connection).commit(plays(HOUR))
    job = pruning(GENESIS - DAYS * DAY, prune.READERS)
    await job.run(Session(connection))
    async with await scripted(database_url) as session:
        assert (await job.run(Session(session))).is_quiet
        assert session.exchanges == 1


@pytest.mark.parametrize("size", [5_000, 20_000])
async def test_a_run_reads_what_it_prunes(size: int, connection: AsyncConnection[Any]) -> None:
    """For each play: itself twice, and the sums that there are of its hour and of its listener and track."""
    await ChainWriter(connection).commit([Play(n % 40, n % 90 or None, GENESIS - n * HOUR) for n in range(size)])
    await connection.execute("VACUUM (ANALYZE)")
    await come_to(connection, GENESIS + DAYS * DAY)
    read: list[tuple[str, int, int]] = []

    async def count(session: AsyncConnection[Any]) -> None:
        query = "SELECT relname, seq_tup_read, seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables"
        read.extend(await (await session.execute(query)).fetchall())

    job = pruning(GENESIS, rows_max=100)
    await job.run(Session(connection))
    await connection.execute("SELECT pg_stat_force_next_flush()")
    report = await job.run(Session(connection, checked_by(count)))
    assert (report.rows_read, report.deleted) == (100, 100)
    tiny = {"cursor", "pruned_plays", "clocks", "rounds", "indexing_checkpoints"}
    assert {name for name, whole, _ in read if whole} <= tiny
    assert sum(rows for name, _, rows in read if name not in tiny) <= 4 * 100


def test_the_settings_reach_the_job() -> None:
    job = find(prune.NAME, Settings(jobs=JobsSettings(plays_days=0.0))).run.__self__  # type: ignore[attr-defined]  # a method
    assert (job.days, job.readers) == (0.0, prune.READERS)
    chosen = JobsSettings(off=("hourly_play_counts",), scores_mode="full_pass", trending_mode="refresh")
    readers = find(prune.NAME, Settings(jobs=chosen)).run.__self__.readers  # type: ignore[attr-defined]  # as above
    gone_without = {"hourly_play_counts", "scores.users", "trending.tracks"}
    assert {reader.job for reader in prune.READERS} - {reader.job for reader in readers} == gone_without
    with pytest.raises(ConfigError) as raised:
        find(prune.NAME, Settings(jobs=JobsSettings(plays_days=61.0)))
    assert raised.value.code == "plays_days_invalid"
