-- Moves the cursor from where this process left it, and keeps that it stood there, if a block moved it. What forbids the commit is
-- raised, because COMMIT may stand behind in the same trip. So is, unless "known_triggers" is NULL, that other triggers are
-- enabled than were judged, or that "known_functions", which those of others call, were replaced: they may have counted what ours
-- count. To enable one takes a lock on its table, so none comes after this look, and no row is written behind it for a function that
-- does. So is a block of the chain, behind where the cursor stood, that another transaction noted. The sequence of plays, from
-- which other writers take ids, is moved behind ours; one that others have moved further stays where it is.
WITH moved AS (
    INSERT INTO backbeat.cursor AS at (chain_id, height, block_hash, block_time, block_number, play_id)
    VALUES (
        %(chain_id)s, %(height)s, %(block_hash)s, %(block_time)s, %(block_number)s, %(play_id)s
    )
    ON CONFLICT (singleton) DO UPDATE
    SET
        chain_id = excluded.chain_id,
        height = excluded.height,
        block_hash = excluded.block_hash,
        block_time = excluded.block_time,
        block_number = excluded.block_number,
        play_id = excluded.play_id,
        updated_at = clock_timestamp()
    WHERE at.height = %(expected_height)s AND at.chain_id = %(expected_chain_id)s
    RETURNING block_number, play_id, height, block_time
),
kept AS (
    INSERT INTO backbeat.past_frontiers (block_number, play_id, height, block_time)
    SELECT block_number, play_id, height, block_time
    FROM moved
    WHERE %(is_reached)s
    ON CONFLICT DO NOTHING
)
SELECT
    CASE
        WHEN NOT EXISTS (SELECT FROM moved) THEN backbeat.break_off('cursor_moved', 'BB001')
        WHEN
            %(known_triggers)s::bigint <> (
                SELECT coalesce(bit_xor(hashint8extended((oid::bigint << 32) | tgfoid::bigint, 0)), 0)
                FROM pg_trigger
                WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')
            ) # (
                SELECT coalesce(bit_xor(hashint8extended(oid::bigint, xmin::text::bigint)), 0)
                FROM pg_proc
                WHERE oid = ANY (%(known_functions)s::oid [])
            )
            THEN backbeat.break_off('trigger_not_known', 'BB003')
        WHEN
            %(known_triggers)s::bigint IS NOT NULL
            AND EXISTS (
                SELECT FROM core_indexed_blocks AS block
                WHERE block.chain_id = %(chain_id)s AND block.height > %(from_height)s
                    AND block.xmin <> pg_current_xact_id()::xid
            )
            THEN backbeat.break_off('another_writer', 'BB004')
        WHEN %(plays)s THEN (
            SELECT setval(sequence, %(play_id)s::bigint)
            FROM (
                SELECT coalesce(pg_get_serial_sequence('plays', 'id')::regclass, to_regclass('plays_id_seq')) AS sequence
            ) AS asked
            WHERE coalesce(pg_sequence_last_value(sequence), 0) < %(play_id)s::bigint
        )
    END AS moved
