"""What the database does to a reader is told with its true cause."""

from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.errors import DatabaseError
from backbeat.observe import failures


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
    with pytest.raises(DatabaseError) as failed, failures.translated():
        await connection.execute(query.encode())
    assert failed.value.code == code
    assert failed.value.cure
