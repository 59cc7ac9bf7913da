"""What contests cost: the rows that are read, and the statements of a run that has nothing to do."""

from collections.abc import Sequence
from typing import Any

import pytest
from integration.contests.test_scenarios import EVENT, HOST, LATE, OWNER, PARENT, crowd, ends, told
from psycopg import AsyncConnection

from backbeat.incremental.transaction import Session, checked_by
from harness.challenge_world import Row, follow, save, track
from harness.connections import scripted
from harness.contest_world import ContestWorld, Step, ending, job, remix_of

FANS = 2_000
STRANGERS = 5_000
OURS = {"contest_notices", "cursor", "indexing_checkpoints", "consumers", "clocks", "changes"}  # some rows each
QUIET_EXCHANGES = 3  # for three looks that go together, for the time and for what is open
FIXED = 60  # rows of a run that do not grow with what it does

CROWD = (
    """
    INSERT INTO follows (follower_user_id, followee_user_id, is_current, is_delete, created_at, blocknumber)
    SELECT 10000 + n, %(host)s, true, false, '2025-01-01'::timestamp, number
    FROM generate_series(1, %(fans)s) AS n, (SELECT max(number) AS number FROM blocks) AS newest
    UNION ALL
    SELECT n, 9000 + mod(n, 50), true, false, '2025-01-01', number
    FROM generate_series(1, %(many)s) AS n, (SELECT max(number) AS number FROM blocks) AS newest
    """,
    """
    INSERT INTO saves (user_id, save_item_id, save_type, is_current, is_delete, created_at, blocknumber)
    SELECT n, 9000 + mod(n, 50), 'track', true, false, '2025-01-01', number
    FROM generate_series(1, %(many)s) AS n, (SELECT max(number) AS number FROM blocks) AS newest
    """,
    """
    INSERT INTO subscriptions (subscriber_id, user_id, entity_type, entity_id, is_current, is_delete, blocknumber)
    SELECT n, 9000 + mod(n, 50), 'Event', 9000 + mod(n, 50), true, false, number
    FROM generate_series(1, %(many)s) AS n, (SELECT max(number) AS number FROM blocks) AS newest
    """,
    """
    INSERT INTO tracks (
        track_id, owner_id, is_current, is_delete, is_unlisted, remix_of, created_at, updated_at, blocknumber
    )
    SELECT
        10000 + n, n, true, false, false, jsonb_build_object('tracks', jsonb_build_array(parent)), '2025-01-01',
        '2025-01-01', number
    FROM
        generate_series(1, %(many)s) AS n,
        LATERAL jsonb_build_object('parent_track_id', 9000 + mod(n, 50)) AS parent,
        (SELECT max(number) AS number FROM blocks) AS newest
    """,
    """
    INSERT INTO events (
        event_id, event_type, user_id, entity_type, entity_id, end_date, created_at, updated_at, txhash, blockhash,
        blocknumber
    )
    SELECT
        10000 + n, 'remix_contest', n, 'track', 10000 + n, '2025-01-01', '2025-01-01', '2025-01-01', 'e' || n, '',
        number
    FROM generate_series(1, %(many)s) AS n, (SELECT max(number) AS number FROM blocks) AS newest
    """,
)
READ = """
    SELECT relname, seq_tup_read, idx_tup_fetch FROM pg_stat_xact_user_tables WHERE seq_tup_read + idx_tup_fetch > 0
"""


async def reads(world: ContestWorld, **limits: int) -> tuple[dict[str, int], set[str]]:
    """Run until nothing is left; return the rows read of each table, and which tables were read in sequence."""
    read: dict[str, int] = {}
    scanned: set[str] = set()

    async def count(connection: AsyncConnection[Any]) -> None:
        for name, sequential, by_index in await (await connection.execute(READ)).fetchall():
            read[name] = read.get(name, 0) + sequential + by_index
            scanned.update([name] if sequential else [])

    keeper = job(**limits)
    for _ in range(100):
        await world.connection.execute("SELECT pg_stat_force_next_flush()")
        if (await keeper.incremental(Session(world.connection, checked_by(count)))).is_quiet:
            return {name: rows for name, rows in read.items() if name not in OURS}, scanned - OURS
    raise AssertionError("the job never comes to rest")


async def crowded(world: ContestWorld, rows: Sequence[Row] = ()) -> None:
    """Make a host with fans, among many who are of no concern, and look at them."""
    await told(world, *crowd(), *rows)
    for statement in CROWD:
        await world.connection.execute(statement.encode(), {"host": HOST, "fans": FANS, "many": STRANGERS})
    await world.connection.execute("VACUUM (ANALYZE)")
    await told(world)


async def test_an_audience_is_read_once_whatever_the_batches(world: ContestWorld) -> None:
    await crowded(world)
    await world.apply(Step(0, [ending(EVENT, HOST, PARENT, ends(world, 36))]))
    read, scanned = await reads(world, users_max=200)
    assert len(await world.rows()) == FANS + 4
    assert not scanned
    assert read["follows"] <= FANS + FIXED
    assert read.get("notification", 0) <= FIXED
    batches = 2 * FANS // 200  # while there are two notices they share one
    assert sum(read.values()) <= FANS + FIXED + 10 * batches


async def test_remixes_are_found_by_their_parent(world: ContestWorld) -> None:
    await crowded(world, [remix_of(1100 + user, user, 9, PARENT) for user in range(20, 30)])
    await world.apply(Step(0, [ending(EVENT, HOST, PARENT, ends(world, -1))]))
    read, scanned = await reads(world, users_max=1_000)
    assert len(await world.rows()) == FANS + 4 + 10 + 1
    assert not scanned
    assert read["tracks"] <= FIXED


async def test_who_joins_is_told_without_looking_at_the_others(world: ContestWorld) -> None:
    await crowded(world)
    await told(world, ending(EVENT, HOST, PARENT, ends(world, 36)))
    await world.connection.execute("VACUUM (ANALYZE)")
    await world.apply(Step(0, [follow(LATE, HOST), *[follow(user, 9) for user in range(100, 120)], save(LATE, PARENT)]))
    read, scanned = await reads(world)
    assert len(await world.rows()) == FANS + 5
    assert not scanned
    assert sum(read.values()) <= 2 * 22 + FIXED


async def test_of_what_happens_while_no_contest_is_open_the_blocks_alone_are_read(world: ContestWorld) -> None:
    await crowded(world)
    await told(world, ending(EVENT, HOST, PARENT, ends(world, 500)))
    await world.connection.execute("VACUUM (ANALYZE)")
    follows = [follow(user, HOST) for user in range(200, 400)]
    remixes = [remix_of(3000 + n, n + 1, PARENT) for n in range(50)]
    await world.apply(Step(1, [*follows, *remixes, track(1, OWNER)]))
    read, _ = await reads(world)
    assert sum(read.values()) <= len(follows) + len(remixes) + FIXED


async def test_a_run_with_nothing_to_do_takes_a_few_looks(world: ContestWorld, database_url: str) -> None:
    await crowded(world)
    await told(world, ending(EVENT, HOST, PARENT, ends(world, 36)))
    async with await scripted(database_url) as session:
        report = await job().incremental(Session(session))
        assert report.is_quiet
        assert session.exchanges == QUIET_EXCHANGES


@pytest.mark.parametrize("contests", [1, 200])
async def test_a_look_reads_no_more_where_there_is_more(world: ContestWorld, contests: int) -> None:
    near = [ending(700 + n, HOST, PARENT, ends(world, 36)) for n in range(contests // 10)]
    await crowded(world)
    await told(world, *near, *[ending(1_000 + n, HOST, PARENT, ends(world, 500)) for n in range(contests)])
    await world.connection.execute("VACUUM (ANALYZE)")
    await world.connection.execute("SELECT pg_stat_force_next_flush()")
    async with world.connection.transaction():
        assert (await job().incremental(Session(world.connection))).is_quiet
        found = await (await world.connection.execute(READ)).fetchall()
    assert {name: sequential + by_index for name, sequential, by_index in found if name not in OURS} == {}
