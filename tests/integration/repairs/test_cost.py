"""A pass reads what changed and what is due, and a quiet tick next to nothing, however many tracks wait."""

from typing import Any

import pytest
from psycopg import AsyncConnection
from psycopg.rows import scalar_row
from scripted_http import answer

from backbeat.derived.repairs.queue import DUE
from backbeat.incremental.transaction import Session
from builders.content_nodes import NOON, MakeRepair, RepairWorld, nodes, song

GOOD = b'{"results": {"key": "A major", "bpm": 120}, "error_count": 0}'
SMALL, LARGE = 2_000, 8_000
NEW = 10
ROWS_PER_TRACK = 16
"""The track by its block and by its id, the row of the queue, both again where it is asked about, written and settled;
the triggers of tracks read its owner's and its own counts."""
FILL = """
    INSERT INTO tracks (
        track_id, owner_id, is_current, is_delete, genre, track_cid, created_at, updated_at, blocknumber
    )
    SELECT n, 1, true, false, 'Pop', 'cid' || n, %(at)s, %(at)s, 100000001
    FROM generate_series(%(first)s::integer, %(last)s::integer) AS n
"""
READ = """
    SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::bigint FROM pg_stat_user_tables
    WHERE relname = ANY ('{tracks,track_repairs}')
"""


async def fill(world: RepairWorld, first: int, last: int) -> None:
    """Have tracks wait that were asked about in vain."""
    await world.connection.execute(FILL, {"first": first, "last": last, "at": NOON.replace(tzinfo=None)})


async def read(world: RepairWorld) -> int:
    """Return how many rows of tracks and of the queue this session has read so far."""
    await world.connection.execute("SELECT pg_stat_force_next_flush()")
    await world.connection.execute("SELECT pg_stat_clear_snapshot()")
    return int((await world.world.all(READ))[0][0])


async def waiting(world: RepairWorld, repair: Any, tracks: int) -> None:
    await fill(world, 1_000, 1_000 + tracks)
    await repair.rebuild(Session(world.connection))
    await world.by_hand("UPDATE backbeat.track_repairs SET attempts = 3, next_attempt_at = %s + interval '1 h'", NOON)
    await world.connection.execute("VACUUM (ANALYZE)")


@pytest.mark.parametrize("tracks", [SMALL, LARGE])
async def test_a_tick_with_nothing_due_looks_at_the_newest_track_alone(
    world: RepairWorld, analyses: MakeRepair, tracks: int
) -> None:
    repair = analyses(["http://127.0.0.1:9"])
    await waiting(world, repair, tracks)
    await world.world.run(repair)
    before = await read(world)
    assert (await repair.incremental(Session(world.connection))).is_quiet
    assert await read(world) - before <= 2, "its block, from both ends of what is new"


async def test_who_is_due_is_found_in_the_index_alone(world: RepairWorld, analyses: MakeRepair) -> None:
    await waiting(world, analyses([]), LARGE)
    bounds = {"tracks_max": 1_000, "characters_max": 1_001, "pause_seconds_max": 86_400}
    values = {"repair": "audio_analysis", "now": NOON, **bounds}
    async with world.connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY OFF) " + DUE, values)
        plan = "\n".join(await cursor.fetchall())
    assert "track_repairs_due" in plan
    assert "Seq Scan" not in plan
    assert "Sort" not in plan.replace("Sort Key", "").partition("Limit")[2], "the index gives the order"


async def test_a_pass_reads_what_changed_and_what_is_due(world: RepairWorld, analyses: MakeRepair) -> None:
    found = []
    async with nodes(answer(GOOD)) as [node]:
        repair = analyses([node.address])
        for tracks in (SMALL, LARGE):
            world = await RepairWorld.empty(world.connection)
            await waiting(world, repair, tracks)
            await world.world.run(repair)
            await world.apply([song(number) for number in range(1, NEW + 1)])
            before = await read(world)
            await repair.incremental(Session(world.connection))
            found.append(await read(world) - before)
            assert [row[1] for row in await world.tracks()][:NEW] == ["A major"] * NEW
    assert found[0] <= ROWS_PER_TRACK * NEW
    assert found[1] <= 1.5 * found[0]


async def test_the_first_run_reads_those_that_lack_something_and_no_others(
    world: RepairWorld, analyses: MakeRepair, connection: AsyncConnection[Any]
) -> None:
    await fill(world, 1_000, 1_000 + LARGE)
    await world.by_hand("UPDATE tracks SET bpm = 1, musical_key = 'A major' WHERE track_id >= 1020")
    await connection.execute("VACUUM (ANALYZE)")
    before = await read(world)
    report = await analyses([]).rebuild(Session(world.connection))
    assert report.inserted == 20
    assert await read(world) - before <= 200
