"""One statement tells of every kind of feed what looking at each by itself tells."""

import random
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import structlog
from depth import at_depth
from psycopg import AsyncConnection

from backbeat.incremental.change_feed import ChangeFeed, EditFeed
from backbeat.incremental.due import Due, chain_time
from backbeat.incremental.feed import BlockFeed, Stamp
from backbeat.incremental.glance import Glance, Seen
from backbeat.incremental.recurring import Recurring
from backbeat.incremental.rolling import Rolling
from backbeat.incremental.run import Positions, Work, taking
from backbeat.incremental.sweep import Sweep
from backbeat.incremental.transaction import Session
from backbeat.incremental.window import AnyFeed, WithFirstRow
from harness.connections import scripted
from harness.every_feed_world import Fan, Fans, Later, Nobody, Shelf, Song, Songs, wall_clock
from harness.glancing import Glancing, moved

SEEDS = at_depth(1, 4, 40)
STEPS = 60
HOUR = timedelta(hours=1)

FEEDS: tuple[AnyFeed, ...] = (
    BlockFeed("g:songs", "songs", Stamp.BLOCK, 2),
    BlockFeed("g:songs_too", "songs", Stamp.BLOCK, 5),
    WithFirstRow(BlockFeed("g:songs_later", "songs", Stamp.BLOCK, 2)),
    BlockFeed("g:plays", "plays", Stamp.PLAY, 2),
    ChangeFeed("g:fans", "fans", 2),
    ChangeFeed("g:fans_too", "fans", 2),
    EditFeed("g:edits", "fans", 2, ("fan",)),
    EditFeed("g:edits_kept", "fans", 2, ("fan",), rebuilds=False),
    ChangeFeed("g:nothing", "nothing", 2),
    Due("g:releases", "songs", "release_at", 2, clock=wall_clock),
    Due("g:releases_too", "songs", "release_at", 2, clock=wall_clock),
    Due("g:past", "songs", "release_at", 2, delay=HOUR),
    Due("g:by_chain", "songs", "release_at", 2, clock=chain_time),
    Recurring("g:again", "songs", "release_at", (timedelta(), timedelta(minutes=7)), 100, wall_clock),
    Rolling("g:round", "songs", "song_id", seconds=600, keys_max=2, clock=wall_clock),
    Sweep("g:sweep", "songs", "song_id", 2),
    WithFirstRow(Sweep("g:sweep_later", "songs", "song_id", 2)),
)
JOBS = {feed.checkpoint: (feed,) for feed in FEEDS}

HARMS = (
    "DELETE FROM indexing_checkpoints WHERE tablename = %(name)s",
    "UPDATE indexing_checkpoints SET last_checkpoint = last_checkpoint + 1 WHERE tablename = %(name)s",
    "UPDATE indexing_checkpoints SET last_checkpoint = greatest(last_checkpoint - 2, 0) WHERE tablename = %(name)s",
    "DELETE FROM backbeat.clocks WHERE name = %(name)s",
    "UPDATE backbeat.clocks SET reached_at = reached_at + interval '20 minutes' WHERE name = %(name)s",
    "UPDATE backbeat.clocks SET reached_at = reached_at - interval '20 minutes' WHERE name = %(name)s",
    "DELETE FROM backbeat.consumers WHERE name = %(name)s",
    "UPDATE backbeat.consumers SET epoch = 0 WHERE name = %(name)s",
    "UPDATE backbeat.consumers SET epoch = -epoch WHERE name = %(name)s",
    "UPDATE backbeat.consumers SET stream = 'another' WHERE name = %(name)s",
    "UPDATE backbeat.consumers SET snapshot = '1000000000:1000000000:' WHERE name = %(name)s",
    "DELETE FROM backbeat.rounds WHERE name = %(name)s",
    "UPDATE backbeat.rounds SET after_key = 2 WHERE name = %(name)s",
)
"""What becomes of positions: they are not there, ahead, set back, lost, reserved, of another stream, restored."""


@pytest.fixture
async def rival(database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    async with await AsyncConnection.connect(database_url, options="-c timezone=UTC") as session:
        yield session


async def take(connection: AsyncConnection[Any], feed: AnyFeed, *, whole: bool) -> None:
    """Move a position as a run does."""
    positions = await Positions.peek(connection, (feed,))
    if whole and not isinstance(feed, Rolling):
        positions = (await positions.reserve(connection)).whole()
    elif not positions.are_open:
        positions = await positions.join(connection) if not isinstance(feed, Rolling) else positions
    async with taking(Session(connection), "g", positions) as run:
        run.did(Work())


def songs(chance: random.Random) -> Songs:
    return Songs([Song(chance.randint(1, 9), 1, chance.choice([None, *range(-20, 60, 3)])) for _ in range(3)])


async def step(world: Shelf, rival: AsyncConnection[Any], chance: random.Random) -> None:
    """Have something happen: to the tables, in a transaction that stays open, to a position."""
    connection = world.connection
    match chance.randint(1, 20):
        case 1 | 2 | 3:
            await world.apply(songs(chance))
        case 4:
            await world.apply(Fans([Fan(1, chance.randint(1, 4))], aborts=chance.random() < 0.3))
        case 5:
            await rival.commit()  # it would be waited for
            await world.apply(Nobody())
        case 6 | 7:
            await world.apply(Later(chance.randint(0, 20)))
        case 8 | 9:
            await rival.execute("INSERT INTO fans VALUES (7, 1) ON CONFLICT DO NOTHING")
            await rival.execute("DELETE FROM fans WHERE artist_id = 7")
        case 10:
            await (rival.commit() if chance.random() < 0.7 else rival.rollback())
        case 11 | 12:
            await connection.execute(chance.choice(HARMS), {"name": chance.choice(FEEDS).checkpoint})
        case _:
            for feed in chance.sample(FEEDS, 6):
                await take(connection, feed, whole=chance.random() < 0.3)


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_it_tells_what_each_feed_tells(
    seed: int, connection: AsyncConnection[Any], rival: AsyncConnection[Any]
) -> None:
    chance, glancing = random.Random(seed), Glancing(JOBS)
    world = await Shelf.empty(connection)
    seen = await glancing.check(connection)
    for _ in range(STEPS):
        await step(world, rival, chance)
        seen = await glancing.check(connection)
        assert seen.block_number in {None, world.writer.block_number}
    never_quiet = {"g:plays"} if seen.play_id is None else set()
    assert glancing.left_out >= JOBS.keys() - never_quiet
    assert glancing.told >= JOBS.keys() - {"g:sweep_later"}


async def test_the_late_commit_of_a_transaction_is_told_of(
    connection: AsyncConnection[Any], rival: AsyncConnection[Any]
) -> None:
    world, feed = await Shelf.empty(connection), FEEDS[4]
    glance = Glance({"fans": (feed,)})
    await rival.execute("INSERT INTO fans VALUES (1, 1)")
    await world.apply(Fans([Fan(2, 2)]))
    await take(connection, feed, whole=True)
    assert (await glance.look(connection)).moved == set()
    await rival.commit()
    assert (await glance.look(connection)).moved == {"fans"}
    await take(connection, feed, whole=False)
    assert (await glance.look(connection)).moved == set()


async def test_it_is_one_exchange(database_url: str, connection: AsyncConnection[Any]) -> None:
    await Shelf.empty(connection)
    glance = Glance({name: feeds for name, feeds in JOBS.items() if getattr(feeds[0], "clock", None) is not wall_clock})
    session = await scripted(database_url)
    try:
        for _ in range(8):  # the driver prepares it on the way
            before = session.exchanges
            await glance.look(session)
            assert session.exchanges == before + 1
    finally:
        await session.close()


async def test_before_the_first_block_there_is_no_frontier(connection: AsyncConnection[Any]) -> None:
    seen = await Glance({"quiet": ()}).look(connection)
    assert seen == Seen(None, None, frozenset(), is_requested=False)


async def test_a_request_is_told_of(connection: AsyncConnection[Any]) -> None:
    await connection.execute(
        """
        INSERT INTO backbeat.jobs (name, group_name, cadence_at, next_run_at, run_requested)
        VALUES ('some', 'some', now(), now(), true)
        """
    )
    assert (await Glance({}).look(connection)).is_requested


async def test_a_missing_table_hides_no_other(connection: AsyncConnection[Any]) -> None:
    world = await Shelf.empty(connection)
    glance = Glance(JOBS)
    await world.apply(Songs([Song(1, 1, None)]))
    for feed in FEEDS:
        await take(connection, feed, whole=True)
    await connection.execute("ALTER TABLE songs RENAME TO gone")
    with structlog.testing.capture_logs() as logged:
        assert {"g:songs", "g:releases", "g:again", "g:round"} <= (await glance.look(connection)).moved
    [said] = [line for line in logged if line["event"] == "glance_is_blind"]
    assert said["code"] == "migrations_pending"
    assert "`backbeat migrate`" in said["cure"]
    assert "g:fans" not in (await glance.look(connection)).moved
    await world.apply(Fans([Fan(1, 1)]))
    assert "g:fans" in (await glance.look(connection)).moved
    await connection.execute("ALTER TABLE gone RENAME TO songs")
    for _ in range(600):
        await glance.look(connection)
    assert (await glance.look(connection)).moved == await moved(connection, JOBS)


async def test_a_locked_table_is_waited_for_once_and_hides_no_other(
    connection: AsyncConnection[Any], rival: AsyncConnection[Any]
) -> None:
    world = await Shelf.empty(connection)
    glance = Glance(JOBS)
    await world.apply(Songs([Song(1, 1, None)]))
    for feed in FEEDS:
        await take(connection, feed, whole=True)
    await rival.execute("LOCK TABLE songs")
    await connection.execute("SET lock_timeout = '1ms'")
    with structlog.testing.capture_logs() as logged:
        assert {"g:songs", "g:releases", "g:again", "g:round"} <= (await glance.look(connection)).moved
    [said] = [line for line in logged if line["event"] == "glance_is_blind"]
    assert said["code"] == "database_conflict", "nothing is missing where somebody holds a lock"
    assert "migrate" not in said["cure"]
    await connection.execute("SET lock_timeout = 0")  # it would be waited for without end
    for _ in range(601):
        await glance.look(connection)
    seen = await glance.look(connection)
    assert "g:songs" in seen.moved, "it is still locked when it is asked about again"
    assert "g:fans" not in seen.moved
    await rival.rollback()
    for _ in range(600):
        await glance.look(connection)
    assert (await glance.look(connection)).moved == await moved(connection, JOBS)


async def test_what_fails_only_together_is_all_told_of(
    connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the server is so busy that all at once take longer than a statement may."""
    monkeypatch.setattr("backbeat.incremental.glance.LIMITS", "SELECT set_config('statement_timeout', '0', true)")
    await Shelf.empty(connection)
    for feed in FEEDS:
        await take(connection, feed, whole=True)
    jobs = JOBS | {"g:slow": (BlockFeed("g:slow", ("shelf", "slow"), Stamp.BLOCK, 2),)}
    await connection.execute("CREATE SCHEMA IF NOT EXISTS shelf")
    await connection.execute(
        "CREATE VIEW shelf.slow AS SELECT songs.blocknumber FROM songs CROSS JOIN LATERAL (SELECT pg_sleep(1)) AS rest"
    )
    await connection.execute("SET statement_timeout = '300ms'")
    assert (await Glance(jobs).look(connection)).moved == {"g:slow", *JOBS}


async def test_an_outage_is_no_blindness(connection: AsyncConnection[Any]) -> None:
    glance = Glance(JOBS)
    await connection.close()
    with pytest.raises(psycopg.OperationalError):
        await glance.look(connection)
