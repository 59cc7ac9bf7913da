"""What the database does to a reader is told with its true cause."""

from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.clock import SystemClock
from backbeat.db.failures import translated
from backbeat.db.pool import Lanes
from backbeat.errors import DatabaseError
from backbeat.observe.reader import PING_SECONDS, StatusReader


@pytest.mark.parametrize(
    ("before", "query", "code"),
    [
        ("SET statement_timeout = 20", "SELECT pg_sleep(60)", "database_too_slow"),
        ("SELECT 1", "SELECT * FROM backbeat.not_made_yet", "migrations_pending"),
        ("SELECT 1", "SELECT pg_terminate_backend(pg_backend_pid())", "database_restarting"),
    ],
)
async def test_each_cause_has_its_code(connection: AsyncConnection[Any], before: str, query: str, code: str) -> None:
    await connection.execute(before.encode())
    with pytest.raises(DatabaseError) as failed, translated():
        await connection.execute(query.encode())
    assert failed.value.code == code
    assert failed.value.cure


class Stopped(SystemClock):
    """Stands until it is set."""

    at = 100.0

    def monotonic(self) -> float:
        """Return what was set."""
        return self.at


async def test_whether_the_database_answers_is_asked_twice_a_second_at_most(lanes: Lanes) -> None:
    clock = Stopped()
    reader = StatusReader(lanes.status, clock)
    await reader.ping()
    await lanes.close()
    clock.at += PING_SECONDS - 0.01
    await reader.ping()
    clock.at += 0.01
    for _ in range(2):
        with pytest.raises(DatabaseError):
            await reader.ping()
