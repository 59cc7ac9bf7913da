"""The made-up network's time. It ended in 2026, so sessions that work on it are told what time it is."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier, Literal

from bench.synthetic.sizes import ENDING

# Found before PostgreSQL's own. A session is told an instant, or how far it is from the server's time.
INSTALL = """
    CREATE SCHEMA IF NOT EXISTS held;
    DO $$
    DECLARE
        name text;
    BEGIN
        FOREACH name IN ARRAY ARRAY['now', 'transaction_timestamp', 'statement_timestamp', 'clock_timestamp'] LOOP
            EXECUTE format(
                'CREATE OR REPLACE FUNCTION held.%1$I() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
                RETURN coalesce(
                    current_setting(''bench.now'', true)::timestamptz,
                    pg_catalog.%1$I() + current_setting(''bench.ahead'', true)::interval, pg_catalog.%1$I()
                )',
                name
            );
        END LOOP;
    END $$;
    GRANT USAGE ON SCHEMA held TO public;
"""
SEARCH_PATH = "held, pg_catalog, public"


async def install(connection: AsyncConnection[Any]) -> None:
    """Put the clock into a database."""
    await connection.execute(INSTALL.encode())


async def connect_at(
    url: str, at: datetime = ENDING, kind: type[AsyncConnection[Any]] = AsyncConnection
) -> AsyncConnection[Any]:
    """Return an autocommit session in UTC to which it is ``at`` until :func:`turn`; the database has the clock."""
    options = f"-c timezone=UTC -c search_path={SEARCH_PATH.replace(' ', '')} -c bench.now={at.isoformat()}Z"
    return await kind.connect(url, autocommit=True, options=options)


async def turn(connection: AsyncConnection[Any], at: datetime) -> None:
    """Tell a session what time it is."""
    await connection.execute("SELECT set_config('bench.now', %s, false)", [f"{at.isoformat()}Z"])


async def shifted(connection: AsyncConnection[Any], url: str, now: datetime) -> str:
    """Return the address whose sessions go on from the end, at the pace of the server's clock."""
    behind = now.replace(tzinfo=None) - ENDING
    seconds = Literal(f"{-behind.total_seconds()} seconds")
    name = Identifier(connection.info.dbname)
    await connection.execute(SQL("ALTER DATABASE {} SET bench.ahead = {}").format(name, seconds))
    options = quote(f"-c search_path={SEARCH_PATH.replace(' ', '')}")
    return f"{url}{'&' if '?' in url else '?'}options={options}"
