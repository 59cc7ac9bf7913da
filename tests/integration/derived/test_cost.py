"""A run reads in proportion to what changed: the same rows from a small and from a large table, and no table whole."""

from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.derived.challenges.play_count_milestones import PLAY_COUNT_MILESTONES
from backbeat.derived.plays.hourly import HOURLY_PLAY_COUNTS
from backbeat.derived.plays.listening_history import USER_LISTENING_HISTORY
from backbeat.incremental.transaction import Session, checked_by
from bench.quiet_ticks import fill
from harness.check import Derived

NEW_PLAYS = 10
SMALL, LARGE = 100_000, 400_000
TINY = {
    "cursor",
    "indexing_checkpoints",
    "consumers",
    "challenges",
    "past_challenges",
    "user_challenges",
    "standing_changes",
}  # some pages
# Rows read for a play (folds) or a dirty owner, where a listener has 40 entries and an owner two tracks played in at
# most ten months: the play, its track, the owner, the owner's rows and tracks, and months.
K = {HOURLY_PLAY_COUNTS.name: 3, USER_LISTENING_HISTORY.name: 8, PLAY_COUNT_MILESTONES.name: 20}


async def read_by_a_run(derived: Derived, connection: AsyncConnection[Any]) -> tuple[int, set[str]]:
    """Play ten verified artists' tracks and run; return how many rows that read and which tables were read whole."""
    await connection.execute(
        """
        INSERT INTO plays (id, user_id, play_item_id, created_at)
        SELECT play_id + n, n, 20 * n - 1, '2025-12-01' FROM backbeat.cursor, generate_series(1, %s) AS n
        """,
        [NEW_PLAYS],
    )
    await connection.execute("UPDATE backbeat.cursor SET play_id = play_id + %s", [NEW_PLAYS])
    counted: list[tuple[str, int, int]] = []

    async def count(session: AsyncConnection[Any]) -> None:
        query = "SELECT relname, seq_tup_read, seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables"
        counted.extend(await (await session.execute(query)).fetchall())

    await connection.execute("SELECT pg_stat_force_next_flush()")  # what was read so far
    report = await derived.incremental(Session(connection, checked_by(count)))
    assert report.rows_read == NEW_PLAYS
    return sum(rows for name, _, rows in counted if name not in TINY), {name for name, scanned, _ in counted if scanned}


@pytest.mark.parametrize(
    "derived", [HOURLY_PLAY_COUNTS, USER_LISTENING_HISTORY, PLAY_COUNT_MILESTONES], ids=lambda derived: derived.name
)
async def test_a_run_reads_what_changed(derived: Derived, connection: AsyncConnection[Any]) -> None:
    found = []
    for plays in (SMALL, LARGE):
        await fill(connection, plays)
        await derived.rebuild(Session(connection))
        await connection.execute("VACUUM (ANALYZE)")
        rows, scanned = await read_by_a_run(derived, connection)
        assert not scanned - TINY
        assert rows <= K[derived.name] * NEW_PLAYS
        found.append(rows)
    assert found[1] <= 1.5 * found[0]
