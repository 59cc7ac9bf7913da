"""Empties the tables of a world between two histories, at a tenth of what truncating so many costs."""

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection

# What refers to a table is emptied with it, as TRUNCATE ... CASCADE does, and no trigger hears of it.
EMPTY = """
    DO $$
    DECLARE
        emptied regclass;
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOR emptied IN
            WITH RECURSIVE reached (id) AS (
                SELECT name::regclass::oid FROM unnest('{names}'::text[]) AS name
                UNION
                SELECT conrelid FROM pg_constraint JOIN reached ON confrelid = id WHERE contype = 'f'
            )
            SELECT id FROM reached
        LOOP
            EXECUTE 'DELETE FROM ' || emptied;
        END LOOP;
        SET LOCAL session_replication_role = origin;
    END $$
"""


async def empty(connection: AsyncConnection[Any], tables: Sequence[str]) -> None:
    """Delete every row of ``tables`` and of all that refers to them."""
    await connection.execute(EMPTY.replace("{names}", f"{{{','.join(tables)}}}").encode())
