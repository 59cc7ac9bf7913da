"""A tip costs what it changes, however many support its receiver."""

from typing import Any

import pytest
from depth import at_depth
from psycopg import AsyncConnection

from backbeat.derived.tips.supporter_counts import SUPPORTER_COUNTS
from backbeat.derived.tips.supporters import SUPPORTERS
from backbeat.incremental.transaction import Session
from harness import settle
from harness.connections import scripted
from harness.tips_world import Step, TipsWorld, tip

STAR, SENDERS = 1, 10
BOOKS = {"indexing_checkpoints", "consumers"}  # a page or two, whatever happens
CROWD = """
    INSERT INTO user_tips (slot, signature, sender_user_id, receiver_user_id, amount)
    SELECT n, 'crowd' || n, 1000 + n, 1, 1 + n %% 50 FROM generate_series(1, %s) AS n
"""
# Rows read per tip to a star: what was counted, and half as much again.
K = 4
K_COUNTS = 3
K_LATE = 3  # and per tip behind a late one
BEHIND = 1_000  # tips that a late one comes before


@pytest.mark.parametrize("supporters", at_depth([2_000], [2_000, 20_000], [2_000, 300_000]))
async def test_a_tip_to_a_star_reads_what_it_changes(connection: AsyncConnection[Any], supporters: int) -> None:
    world = TipsWorld(connection)
    await connection.execute(CROWD, [supporters])
    for job in (SUPPORTERS, SUPPORTER_COUNTS):
        await settle(job, connection)
    await connection.execute("VACUUM (ANALYZE)")
    new = [tip(supporters + n, n, STAR, 20 * n) for n in range(1, SENDERS + 1)]
    await world.apply(Step(new))
    await connection.execute("SET enable_seqscan = off")  # as where tables are large
    assert await read(connection, SUPPORTERS) <= K * SENDERS
    assert await read(connection, SUPPORTER_COUNTS) <= K_COUNTS * SENDERS
    await world.apply(Step([tip(supporters - BEHIND, 11, STAR, 7)]))
    assert await read(connection, SUPPORTERS) <= K_LATE * BEHIND
    for job in (SUPPORTERS, SUPPORTER_COUNTS):
        await settle(job, connection)
        assert (await job.audit(connection)).is_clean


@pytest.mark.parametrize("job", [SUPPORTERS, SUPPORTER_COUNTS], ids=["supporters", "counts"])
async def test_a_quiet_run_looks_at_the_log_alone(
    database_url: str, connection: AsyncConnection[Any], job: Any
) -> None:
    await TipsWorld(connection).apply(Step([tip(1, 2, STAR, 5)]))
    await settle(SUPPORTERS, connection)
    await settle(job, connection)
    async with await scripted(database_url) as session:
        report = await job.incremental(Session(session))
        assert (report.is_quiet, session.exchanges) == (True, 1)


async def read(connection: AsyncConnection[Any], job: Any) -> int:
    """Run once, and return how many rows the server read for it."""
    await connection.execute("SELECT pg_stat_force_next_flush()")  # what was read so far
    async with connection.transaction():
        await connection.execute("SET LOCAL enable_indexonlyscan = off")  # what only an index answers is counted too
        report = await job.incremental(Session(connection))
        found = await (
            await connection.execute("SELECT relname, seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables")
        ).fetchall()
    assert report.keys
    return sum(rows for name, rows in found if name not in BOOKS)
