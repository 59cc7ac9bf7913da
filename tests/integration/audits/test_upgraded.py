"""What a version without histories judged is not called wrong by one that has them; audits say that it is older."""

from collections import Counter
from collections.abc import AsyncIterator

import psycopg
import pytest
from integration.histories.test_upgrade import WITHOUT_HISTORIES
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo

from backbeat.clock import SystemClock
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.migrate import migrate
from backbeat.db.pool import open_lanes
from backbeat.derived.challenges.audited import JUDGED
from backbeat.incremental.ranges import Outcome, Why
from backbeat.jobs.catalog import catalog
from backbeat.jobs.runner import Runner
from backbeat.settings import DatabaseSettings, Settings
from bench.server import connect
from builders.indexing import rows
from harness.auditing import whole

pytestmark = [pytest.mark.slow, pytest.mark.newest]

BY_LATER_RUNS = """
    UPDATE user_challenges
    SET completed_blocknumber = completed_blocknumber + 1, completed_at = completed_at + interval '1 second'
    WHERE
        is_complete AND challenge_id IN ('u', 'fp')
        AND completed_blocknumber < (SELECT block_number FROM backbeat.cursor)
"""

PAID = "SELECT row_to_json(paid)::text FROM user_challenges AS paid WHERE is_complete ORDER BY 1"
BEGUN = "SELECT DISTINCT from_block FROM backbeat.histories"
STANDS = "SELECT block_number FROM backbeat.cursor"


@pytest.fixture
async def upgraded(settled: str, postgres: EmbeddedPostgres) -> AsyncIterator[tuple[AsyncConnection, int]]:
    """A session on a database whose rewards an older version judged, and how many of them it dated by later runs."""
    database = psycopg.conninfo.conninfo_to_dict(settled)["dbname"]
    with psycopg.connect(make_conninfo(postgres.bootstrap_url, dbname=str(database)), autocommit=True) as older:
        older.execute("SET session_replication_role = replica")
        late = older.execute(BY_LATER_RUNS).rowcount
    async with await connect(settled) as connection:
        await connection.execute(WITHOUT_HISTORIES)
        await migrate(settled, clock=SystemClock())
        yield connection, late


async def test_a_reward_of_before_is_unverifiable(upgraded: tuple[AsyncConnection, int]) -> None:
    connection, late = upgraded
    assert late > 0
    reasons = Counter[str]()
    for audit in JUDGED:
        found = await whole(connection, audit)
        assert found.outcome is not Outcome.DIFFERS, (audit.name, found)
        reasons.update(found.unverifiable)
    assert reasons[Why.BEFORE_HISTORIES] >= late  # the times of those blocks are not known either


async def test_what_was_paid_before_stays_when_jobs_go_on(upgraded: tuple[AsyncConnection, int], settled: str) -> None:
    connection, late = upgraded
    paid = await rows(connection, PAID)
    assert len(paid) > late > 0
    assert await rows(connection, BEGUN) == await rows(connection, STANDS)
    settings = Settings()
    async with await open_lanes(settled, DatabaseSettings()) as lanes:
        assert await Runner(lanes, catalog(settings), settings.jobs, SystemClock()).run_until_idle() == []
    assert set(paid) <= set(await rows(connection, PAID))
