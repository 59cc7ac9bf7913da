"""Rows as a running indexer would leave them."""

from typing import Any

from psycopg import AsyncConnection

from backbeat.codes import Phase

CHAIN = "test-chain"
INDEXER = """
    INSERT INTO backbeat.indexer (
        phase, source, head_height, head_seen_at, started_at, blocks_per_second, transactions_per_second,
        plays_per_second, updated_at
    )
    VALUES (
        %(phase)s, 'simulator', %(head)s, clock_timestamp(), now() - make_interval(secs => %(up)s), 1.0, 20.1, 12.5,
        clock_timestamp() - make_interval(secs => %(heartbeat_age)s)
    )
    ON CONFLICT (singleton) DO UPDATE SET
        phase = excluded.phase, head_height = excluded.head_height, started_at = excluded.started_at,
        updated_at = excluded.updated_at
"""
CURSOR = """
    INSERT INTO backbeat.cursor (chain_id, height, block_hash, block_time)
    VALUES (%(chain)s, %(height)s, 'ab', (now() AT TIME ZONE 'utc') - make_interval(secs => %(block_age)s))
    ON CONFLICT (singleton) DO UPDATE SET height = excluded.height, block_time = excluded.block_time
"""
BEGUN = """
    INSERT INTO backbeat.chains (chain_id, position, first_height, block_number) VALUES (%s, 1, 1, 0)
    ON CONFLICT DO NOTHING
"""
COUNT = "INSERT INTO backbeat.transaction_counts (kind, pair, outcome, reason, count) VALUES (%s, %s, %s, %s, %s)"
REJECTED = """
    INSERT INTO backbeat.rejected_transactions (
        chain_id, height, tx_index, tx_hash, block_time, kind, entity_type, action, user_id, entity_id, signer,
        reason, field, detail
    )
    VALUES (
        %(chain)s, %(height)s, %(tx_index)s, 'FF', now(), 'manage_entity', 'Track', 'Create', 7, 8, '0xab',
        %(reason)s, 'title', %(detail)s
    )
"""
REJECTED_BYTES = """
    INSERT INTO backbeat.rejected_bytes (chain_id, height, tx_index, upto_bytes, raw)
    VALUES (%(chain)s, %(height)s, %(tx_index)s, %(upto)s, '\\x00ff')
"""
COUNTS = (
    ("plays", "", "applied", "", 1_204_311),
    ("manage_entity", "Track/Create", "applied", "", 48_120),
    ("manage_entity", "Track/Create", "rejected", "not_owner", 211),
    ("manage_entity", "User/Update", "applied", "", 30_510),
    ("manage_entity", "User/Update", "rejected", "signer_unauthorized", 97),
    ("manage_entity", "Track/Save", "rejected", "duplicate", 1_530),
    ("manage_entity", "Track/Save", "applied", "", 91_007),
    ("sla_rollup", "", "ignored", "", 402),
)


async def seed(
    conn: AsyncConnection[Any],
    *,
    height: int = 1_234,
    head: int | None = 1_234,
    phase: str = Phase.AT_TIP,
    heartbeat_age: float = 0.5,
    block_age: float = 1.0,
    up: float = 10.0,
) -> None:
    """Make the database look like that of an indexer at ``height``."""
    await conn.execute(INDEXER, {"phase": phase, "head": head, "heartbeat_age": heartbeat_age, "up": up})
    await conn.execute(CURSOR, {"chain": CHAIN, "height": height, "block_age": block_age})
    await conn.execute(BEGUN, [CHAIN])


async def seed_counts(conn: AsyncConnection[Any]) -> None:
    """Count some transactions of several kinds."""
    async with conn.cursor() as cursor:
        await cursor.executemany(COUNT, COUNTS)


async def seed_rejected(conn: AsyncConnection[Any], count: int, *, reason: str = "not_owner", detail: str = "") -> None:
    """Refuse ``count`` transactions, two to a block, from height 1."""
    rows = [
        {
            "chain": CHAIN,
            "height": 1 + at // 2,
            "tx_index": at % 2,
            "reason": reason,
            "detail": detail,
            "upto": 1_000 * (at + 1),
        }
        for at in range(count)
    ]
    async with conn.cursor() as cursor:
        await cursor.executemany(REJECTED, rows)
        await cursor.executemany(REJECTED_BYTES, rows)


async def make_behind(conn: AsyncConnection[Any]) -> None:
    """Log 300 keys of a stream two hours ago, which one of its two consumers has read."""
    consume = (
        "INSERT INTO backbeat.consumers (name, stream, snapshot, epoch) "
        "VALUES (%s, 'songs', pg_current_snapshot(), backbeat.epoch())"
    )
    await conn.execute(consume, ["slow"])
    await conn.execute("SELECT backbeat.log_keys('songs', ARRAY(SELECT generate_series(1, 300)::text))")
    await conn.execute("UPDATE backbeat.changes SET logged_at = logged_at - interval '2 hours'")
    await conn.execute(consume, ["quick"])
