"""An indexer as the network's: its own tables tell where it begins, ids come of sequences, counts of row triggers."""

from typing import Any

from psycopg import AsyncConnection

# Its own blocks first, the common bookkeeping only where there are none (adoption, F13)
BEGINS = """
    SELECT coalesce((SELECT max(block_height) FROM etl_blocks), (SELECT max(height) FROM core_indexed_blocks), 0)
"""
BLOCK = """
    WITH numbered AS (
        INSERT INTO blocks (blockhash, parenthash, is_current, number)
        SELECT %(hash)s, (SELECT blockhash FROM blocks ORDER BY number DESC LIMIT 1), NULL, max(number) + 1 FROM blocks
        RETURNING number
    ), told AS (
        INSERT INTO etl_blocks (proposer_address, block_height, block_time) VALUES ('theirs', %(height)s, %(at)s)
    )
    INSERT INTO core_indexed_blocks (blockhash, chain_id, height, em_block)
    SELECT %(hash)s, 'dev', %(height)s, number FROM numbered
    RETURNING em_block
"""
AT = "2026-01-02 05:00:00"
FOLLOW = """
    INSERT INTO follows (
        blockhash, blocknumber, is_current, is_delete, follower_user_id, followee_user_id, created_at, txhash
    )
    VALUES (%(hash)s, %(number)s, true, false, %(follower)s, %(followee)s, %(at)s, %(txhash)s)
"""
PLAY = """
    INSERT INTO plays (play_item_id, user_id, slot, created_at, updated_at)
    VALUES (%(track)s, %(user)s, %(height)s, %(at)s, %(at)s)
"""
SAVE = """
    INSERT INTO saves (
        blockhash, blocknumber, is_current, is_delete, user_id, save_item_id, save_type, created_at, txhash
    )
    VALUES (%(hash)s, %(number)s, true, false, %(fan)s, %(track)s, 'track', %(at)s, %(txhash)s)
"""
REPOST = """
    INSERT INTO reposts (
        blockhash, blocknumber, is_current, is_delete, user_id, repost_item_id, repost_type, created_at, txhash
    )
    VALUES (%(hash)s, %(number)s, true, false, %(fan)s, %(track)s, 'track', %(at)s, %(txhash)s)
"""
FAN = 4_000_000  # and the height: a user of each block, who has saved and reposted nothing
EVENT = """
    INSERT INTO user_events (user_id, is_current, is_mobile_user, blockhash, blocknumber)
    VALUES (%(user)s, true, false, %(hash)s, %(number)s)
"""


async def index_block(connection: AsyncConnection[Any], *, follower: int, followee: int, track: int) -> int:
    """Index the next block, of one of each and two plays, in one transaction; return its height."""
    async with connection.transaction():
        [(begun,)] = await (await connection.execute(BEGINS)).fetchall()
        values = {
            "height": begun + 1,
            "hash": f"theirs{begun + 1}",
            "at": AT,
            "follower": follower,
            "followee": followee,
        }
        [(number,)] = await (await connection.execute(BLOCK, values)).fetchall()
        values |= {
            "number": number,
            "track": track,
            "user": follower,
            "fan": FAN + begun + 1,
            "txhash": f"T{begun + 1}",
        }
        for statement in (FOLLOW, SAVE, REPOST, PLAY, PLAY, EVENT):
            await connection.execute(statement.encode(), values)
        return int(begun) + 1
