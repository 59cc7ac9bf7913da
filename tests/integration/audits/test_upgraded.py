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
from backbeat.derived.challenges.audited import JUDGED
from backbeat.incremental.ranges import Outcome, Why
from bench.server import connect
from harness.auditing import whole

pytestmark = [pytest.mark.slow, pytest.mark.newest]

BY_LATER_RUNS = """
    UPDATE user_challenges
    SET completed_blocknumber = completed_blocknumber + 1, completed_at = completed_at + interval '1 second'
    WHERE
        is_complete AND challenge_id IN ('u', 'fp')
        AND completed_blocknumber < (SELECT block_number FROM backbeat.cursor)
"""


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
