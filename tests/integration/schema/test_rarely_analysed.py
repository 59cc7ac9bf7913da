"""Tables of a few rows that every block writes: each ANALYZE of one has all sessions plan what reads it once more."""

from typing import Any

from psycopg import AsyncConnection

WRITTEN_ALL_DAY = """
    public.indexing_checkpoints backbeat.acts backbeat.audits backbeat.beside backbeat.changes backbeat.clocks
    backbeat.consumers backbeat.cursor backbeat.indexer backbeat.job_runs backbeat.jobs backbeat.leases
    backbeat.processes
    backbeat.replay_counts backbeat.rounds backbeat.transaction_counts backbeat.verification
    backbeat.watched backbeat.watch_rounds
""".split()  # noqa: SIM905 - a list would be one name a line
RARELY = "autovacuum_analyze_threshold=500000"


async def test_tables_of_a_few_rows_are_analysed_about_once_a_day(connection: AsyncConnection[Any]) -> None:
    found = await connection.execute(
        "SELECT relnamespace::regnamespace || '.' || relname FROM pg_class WHERE %s = ANY (reloptions) ORDER BY 1",
        [RARELY],
    )
    assert sorted(name for (name,) in await found.fetchall()) == sorted(WRITTEN_ALL_DAY)
