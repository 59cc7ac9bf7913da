"""Moves the block loop's cursor where no block loop runs, and keeps where it stood."""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

MOVE = """
    WITH at AS (
        INSERT INTO backbeat.cursor (chain_id, height, block_hash, block_time, block_number, play_id)
        VALUES ('test', %s, %s, %s, %s, %s)
        ON CONFLICT (singleton) DO UPDATE SET
            height = excluded.height, block_hash = excluded.block_hash, block_time = excluded.block_time,
            block_number = excluded.block_number, play_id = excluded.play_id
        RETURNING *
    )
    INSERT INTO backbeat.past_frontiers (block_number, play_id, height, block_time)
    SELECT block_number, play_id, height, block_time FROM at
    ON CONFLICT DO NOTHING
"""


async def move_cursor(
    connection: AsyncConnection[Any], *, height: int, time: datetime, block_number: int, play_id: int
) -> None:
    """Have the cursor stand at a block of the chain ``test``."""
    await connection.execute(MOVE, [height, f"{height:x}", time, block_number, play_id])
