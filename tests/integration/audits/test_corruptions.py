"""Every single row that is wrong is found, or is of those of which nothing can be said: each column of each table."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo

from backbeat.db.embedded import EmbeddedPostgres
from backbeat.derived.audits import AUDITS, NO_AUDIT
from backbeat.incremental.ranges import Outcome, Ranged
from bench.server import connect
from harness.auditing import whole
from harness.corrupting import TABLES, UNVERIFIABLE, tried
from harness.corruption import columns_of

pytestmark = [pytest.mark.slow, pytest.mark.newest]

NOT_DERIVED = frozenset((Path(__file__).parents[2] / "harness/not_derived.txt").read_text().split())
"""Tables that the chain, other programs or the engine write."""

EMPTY = {"challenges.audio_matching_buyer", "challenges.first_tip"}
"""Nobody buys anything, or was a user when the tips came."""


@pytest.fixture
async def intruder(settled: str, postgres: EmbeddedPostgres) -> AsyncIterator[AsyncConnection[Any]]:
    """A superuser's session on the settled database, of which no trigger hears."""
    database = psycopg.conninfo.conninfo_to_dict(settled)["dbname"]
    url = make_conninfo(postgres.bootstrap_url, dbname=str(database))
    async with await AsyncConnection.connect(url, autocommit=True, options="-c timezone=UTC") as connection:
        await connection.execute("SET session_replication_role = replica")
        yield connection


@pytest.fixture
async def connection(settled: str) -> AsyncIterator[AsyncConnection[Any]]:
    async with await connect(settled) as session:
        yield session


@pytest.mark.parametrize("audit", AUDITS, ids=lambda audit: audit.name)
async def test_what_jobs_made_is_clean(connection: AsyncConnection[Any], audit: Ranged) -> None:
    found = await whole(connection, audit)
    assert found.samples == ()
    assert (found.outcome is Outcome.CLEAN) is (audit.name not in EMPTY), found


async def test_every_table_is_audited_or_says_why_not(connection: AsyncConnection[Any]) -> None:
    """Who adds a table has it audited, or names it."""
    rows = await connection.execute(
        "SELECT CASE schemaname WHEN 'public' THEN tablename ELSE schemaname || '.' || tablename END FROM pg_tables"
        " WHERE schemaname IN ('public', 'backbeat')"
    )
    there = {row[0] for row in await rows.fetchall()}
    assert there - set(TABLES) - set(NO_AUDIT) == NOT_DERIVED


async def test_every_column_is_compared_or_says_why_not(connection: AsyncConnection[Any]) -> None:
    for table, audits in TABLES.items():
        columns = {column.name for column in await columns_of(connection, table) if not column.is_generated}
        told = {name for audit in audits for name in (*audit.columns, *audit.unverified)}
        assert columns <= told, table


@pytest.mark.parametrize("table", TABLES)
async def test_a_row_that_is_wrong_is_found(
    intruder: AsyncConnection[Any], connection: AsyncConnection[Any], table: str
) -> None:
    found = [each async for each in tried(intruder, connection, table)]
    missed = [each for each in found if each.outcome is not Outcome.DIFFERS]
    known = {each for each in UNVERIFIABLE if each[0] == table}
    assert {each[:3] for each in missed} == known, missed
