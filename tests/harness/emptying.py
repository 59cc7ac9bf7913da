"""Empties the tables of a world between two histories, at a tenth of what truncating so many costs.

What is kept of their past goes with them. Without a cursor the catalogue holds from the first block on.
"""

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
            UNION
            SELECT to_regclass('backbeat.past_' || relname) FROM reached JOIN pg_class ON oid = id
            WHERE to_regclass('backbeat.past_' || relname) IS NOT NULL
        LOOP
            EXECUTE 'DELETE FROM ' || emptied;
        END LOOP;
        SET LOCAL session_replication_role = origin;
    END $$
"""


BEGIN_AGAIN = """
    DELETE FROM backbeat.past_frontiers;
    DELETE FROM backbeat.past_challenges;
    UPDATE backbeat.histories SET from_block = 0, from_play = 0;
    INSERT INTO backbeat.past_challenges
    SELECT
        id, 0, 0, '-infinity', false, type, amount, active, step_count, starting_block, weekly_pool, cooldown_days
    FROM challenges
"""


async def empty(connection: AsyncConnection[Any], tables: Sequence[str]) -> None:
    """Delete every row of ``tables`` and of all that refers to them."""
    await connection.execute(EMPTY.replace("{names}", f"{{{','.join(tables)}}}").encode())
    if "backbeat.cursor" in tables:
        await connection.execute(BEGIN_AGAIN.encode())
