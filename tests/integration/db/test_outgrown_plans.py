"""A plan that a session keeps is not kept for tables that have grown far beyond it, whatever statistics tell."""

from typing import Any

import pytest
from jobs_bench import Work
from psycopg import AsyncConnection

from backbeat.chain.proto import core_pb2
from backbeat.clock import SystemClock
from backbeat.db.connection import LaneConnection
from backbeat.db.pool import Lanes, open_lanes
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session
from backbeat.index.wire.transaction import EntityRules
from backbeat.jobs.runner import Runner
from backbeat.settings import DatabaseSettings, JobsSettings
from builders.chain import ListSource, entity
from builders.indexing import index, rows
from harness.young_network import NEVER_VISITED

FIRST = 3_000_001
FEW, MANY = 30, 3_000

READ_WHOLE = """
    SELECT sum(seq_tup_read)::bigint FROM pg_stat_user_tables WHERE relname IN ('users', 'follows')
"""
CURSOR = """
    INSERT INTO backbeat.cursor (chain_id, height, block_hash, block_time, block_number, play_id)
    VALUES ('dev', 1, 'a', now(), 1, %s)
    ON CONFLICT (singleton) DO UPDATE SET play_id = excluded.play_id
"""
FIND = "SELECT number FROM grown WHERE number = ANY (%s::integer[])"
GROW = "INSERT INTO grown SELECT number FROM generate_series(%s::integer, %s::integer) AS number"


async def plan(connection: AsyncConnection[Any]) -> str:
    """Return the plan that is kept of the statement that finds rows."""
    [(name,)] = await rows(connection, "SELECT name FROM pg_prepared_statements WHERE statement LIKE '%%FROM grown%%'")
    return "\n".join(line for (line,) in await rows(connection, f"EXPLAIN EXECUTE {name} ('{{1}}')"))


async def test_plans_are_made_again_once_the_database_has_doubled(lanes: Lanes) -> None:
    async with lanes.indexing.connection() as connection:
        assert isinstance(connection, LaneConnection)
        await connection.execute("CREATE TABLE grown (number integer PRIMARY KEY) WITH (autovacuum_enabled = off)")
        await connection.execute(GROW, [1, 10])
        await connection.execute("ANALYZE grown")
        await connection.plan_for(1_000)
        for _ in range(12):
            await connection.execute(FIND, [[1]])
        await connection.execute(GROW, [11, 100_000])
        await connection.plan_for(1_023)
        assert "Seq Scan" in await plan(connection)
        await connection.plan_for(1_024)
        assert "Index" in await plan(connection)


async def test_a_run_is_planned_for_the_database_as_it_is(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    found = []

    class Noting(Work):
        async def run(self, session: Session) -> RunReport:
            assert isinstance(session.connection, LaneConnection)
            found.append(session.connection.planned_for)
            return await super().run(session)

    runner = Runner(lanes, [Noting("one").job()], JobsSettings(), SystemClock())
    for plays in (0, 999, 1_023, 2**20):
        await connection.execute(CURSOR, [plays])
        await runner.run_once("one")
    assert found == [10, 10, 11, 21]


def created(number: int) -> core_pb2.SignedTransaction:
    """Return the creation of a user with a wallet of its own, which nobody checks."""
    wallet = f"0x{number:040x}"
    data = f'{{"cid":null,"data":{{"wallet":"{wallet}","handle":"h{number}"}}}}'
    return entity(1, FIRST + number, "User/Create", FIRST + number, data, number, signer=wallet)


@pytest.mark.slow
async def test_a_block_reads_no_table_whole_that_was_small_once(
    database_url: str, connection: AsyncConnection[Any]
) -> None:
    few = [[created(number)] for number in range(FEW)]
    many = [[created(number) for number in range(FEW + at, FEW + at + 500)] for at in range(0, MANY, 500)]
    after = [[created(FEW + MANY + number)] for number in range(FEW)]
    await connection.execute(NEVER_VISITED)
    async with await open_lanes(database_url, DatabaseSettings()) as lanes:
        await index(lanes, ListSource([*few, *many, *after]), EntityRules(verify_signatures=False), batch_blocks_max=1)
    assert await rows(connection, "SELECT count(*) FROM users") == [(2 * FEW + MANY,)]
    [(read,)] = await rows(connection, READ_WHOLE)
    assert read < FEW * MANY / 2
