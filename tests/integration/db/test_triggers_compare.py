"""Triggers that compare what a statement wrote with what was there cost in proportion to the rows, whatever came first.

A plan is kept from the first call of a session, which as a rule wrote a row or two.
"""

from typing import Any, NamedTuple

import pytest
from psycopg import AsyncConnection

ONE, MANY = 1, 12_000
MILLISECONDS_MAX = 1_000  # it takes 15 to 90; comparing each with each took 9,000 and more

BLOCK = "INSERT INTO blocks (blockhash, number, is_current) VALUES ('0x1', 1, true)"
PEOPLE = """
    INSERT INTO users (user_id, is_current, blocknumber, created_at, updated_at)
    SELECT id, true, 1, now(), now() FROM generate_series(1, %(rows)s::int) AS id
"""
EARNED = """
    INSERT INTO user_challenges (challenge_id, user_id, specifier, is_complete)
    SELECT 'p', id, id::text, false FROM generate_series(1, %(rows)s::int) AS id
"""


class Case(NamedTuple):
    trigger: str
    fill: tuple[str, ...]
    update: str


CASES = {
    "followings": Case(
        "log_followings_u",
        ("INSERT INTO aggregate_user (user_id) SELECT id FROM generate_series(1, %(rows)s::int) AS id",),
        "UPDATE aggregate_user SET follower_count = follower_count + 1 WHERE user_id <= {rows}",
    ),
    "standing": Case(
        "standing_updated",
        (BLOCK, PEOPLE),
        "UPDATE users SET is_verified = NOT is_verified WHERE user_id <= {rows}",
    ),
    "completion": Case(
        "complete_updated",
        (EARNED, "SET backbeat.challenge_notifications = 'off'"),
        "UPDATE user_challenges SET is_complete = true WHERE user_id <= {rows}",
    ),
}


async def time_of(connection: AsyncConnection[Any], case: Case, rows: int) -> float:
    """Return how many milliseconds the trigger took."""
    async with connection.transaction(force_rollback=True):
        explained = await connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {case.update.format(rows=rows)}".encode())
        [([plan],)] = await explained.fetchall()
    [milliseconds] = [one["Time"] for one in plan["Triggers"] if one["Trigger Name"] == case.trigger]
    return float(milliseconds)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_a_large_statement_behind_a_small_one(connection: AsyncConnection[Any], case: Case) -> None:
    for statement in case.fill:
        await connection.execute(statement.encode(), {"rows": MANY} if "%(rows)s" in statement else None)
    await time_of(connection, case, ONE)
    assert await time_of(connection, case, MANY) < MILLISECONDS_MAX
