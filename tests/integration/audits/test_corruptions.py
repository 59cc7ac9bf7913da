"""Every single row that is wrong is found, or is of those of which nothing can be said: each column of each table."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo

from backbeat.db.embedded import EmbeddedPostgres
from backbeat.derived.audits import AUDITS, NO_AUDIT
from backbeat.incremental.ranges import Audited, Outcome, Ranged
from bench.server import connect
from harness.auditing import whole
from harness.corruption import Column, Corruption, added, changed, columns_of, deleted, rows_of

pytestmark = [pytest.mark.slow, pytest.mark.newest]

TABLES: Mapping[str, list[Ranged]] = defaultdict(list)
for each in AUDITS:
    TABLES[each.table].append(each)

NOBODY = 2_000_000_011
VARIANTS: Mapping[str, tuple[str, ...]] = {
    "user_challenges": ("is_complete", "NOT is_complete"),
    "notification": (
        "type = 'follow'",
        "type = 'milestone'",
        "type = 'milestone_follower_count'",
        "type = 'claimable_reward'",
        "type = 'challenge_reward'",
        "type = 'repost'",
    ),
    "backbeat.trending_leaders": ("kind = 'TRACKS'", "kind = 'PLAYLISTS'"),
    "milestones": ("name = 'LISTEN_COUNT'", "name = 'FOLLOWER_COUNT'"),
}
"""Kinds of rows that are corrupted one by one; of other tables any."""

NOT_DERIVED = frozenset((Path(__file__).parents[2] / "harness/not_derived.txt").read_text().split())
"""Tables that the chain, other programs or the engine write."""

EMPTY = {"challenges.audio_matching_buyer", "challenges.first_tip"}
"""Nobody buys anything, or was a user when the tips came."""

NOTICES = VARIANTS["notification"]
ALL_OF_ONE = ("specifier", "group_id", "slot", "blocknumber", "timestamp", "data", "user_ids")
UNVERIFIABLE = frozenset(
    {
        # ids are given in turn and mean nothing; what nobody is told of any more is a reward that nobody was told of, a
        # milestone that has no notification, or an act that is not kept
        *(("notification", where, what) for where in NOTICES for what in ("change id", "delete")),
        # a relation does not tell when it began
        ("notification", "type = 'follow'", "change blocknumber"),
        ("notification", "type = 'follow'", "change timestamp"),
        # with a slot it tells of a payment
        ("notification", "type = 'challenge_reward'", "change slot"),
        # acts are not kept
        *(("notification", "type = 'repost'", f"change {name}") for name in ALL_OF_ONE),
        ("notification", "type = 'repost'", "add"),
    }
)
"""Table, kind of row, and what nobody can tell of it."""


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
    columns = await columns_of(intruder, table)
    missed = []
    for where in VARIANTS.get(table, ("true",)):
        rows = await rows_of(intruder, table, where, 1)
        assert rows, (table, where)
        for row in rows:
            for what in corruptions(intruder, table, row, columns):
                try:
                    async with what as corruption:
                        outcome, reasons = await judged(connection, table, corruption)
                except psycopg.errors.IntegrityError:
                    continue  # no such row can be
                if outcome is not Outcome.DIFFERS:
                    missed.append((table, where, corruption.what, outcome, reasons))
    known = {each for each in UNVERIFIABLE if each[0] == table}
    assert {(table, where, what) for table, where, what, *_ in missed} == known, missed


def corruptions(
    intruder: AsyncConnection[Any], table: str, row: dict[str, Any], columns: list[Column]
) -> Iterable[AbstractAsyncContextManager[Corruption]]:
    unverified = {name for audit in TABLES[table] for name in audit.unverified}
    for column in columns:
        if not column.is_generated and column.name not in unverified:
            yield changed(intruder, table, row, column)
    yield deleted(intruder, table, row, columns)
    if (key := other_key(table, row)) is not None:
        yield added(intruder, table, row, columns, key)


def other_key(table: str, row: dict[str, Any]) -> dict[str, Any] | None:
    """Return a key that no row has and no fact explains; None of a table of one row."""
    if table == "notification":
        return {"id": NOBODY, "specifier": "nobody"}
    key = TABLES[table][0].target.key
    for name in key:
        if isinstance(row[name], int) and not isinstance(row[name], bool):
            return {name: NOBODY if table != "backbeat.trending_leaders" else 777}
    for name in key:
        if isinstance(row[name], str):
            return {name: f"{row[name]}:nobody"}
        if hasattr(row[name], "replace") and hasattr(row[name], "year"):
            return {name: row[name].replace(year=1999)}
    return None


async def judged(
    connection: AsyncConnection[Any], table: str, corruption: Corruption
) -> tuple[Outcome, dict[str, int]]:
    found = Audited()
    for audit in TABLES[table]:
        rows = [row for row in (corruption.before, corruption.after) if row is not None]
        keys = sorted({row[audit.scope] for row in rows if row[audit.scope] is not None})
        found = found.and_then(await audit.check_keys(connection, keys))
    return found.outcome, found.unverifiable
