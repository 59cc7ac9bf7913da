-- How far the cursor may follow what is committed now, at most some blocks and some plays further, and what tells that the other
-- indexer does not go on from where it was. Plays are taken by their ids, up to the first one of a later block: a play that has
-- an earlier id than others and is not committed yet is waited for (writers.sql).
WITH at AS MATERIALIZED (
    SELECT cursor.chain_id, cursor.height, cursor.block_hash, cursor.block_number, cursor.play_id
    FROM backbeat.beside AS beside
    CROSS JOIN backbeat.cursor AS cursor
),
ahead AS MATERIALIZED (
    SELECT play.id, play.slot
    FROM at
    CROSS JOIN LATERAL (
        SELECT plays.id, coalesce(plays.slot, 0) AS slot
        FROM plays
        WHERE plays.id > at.play_id
        ORDER BY plays.id
        LIMIT %(plays_max)s
    ) AS play
),
taken AS MATERIALIZED (
    SELECT count(*) AS plays, max(id) AS last_id, max(slot) AS last_slot FROM ahead
),
head AS (
    SELECT newest.height
    FROM at
    CROSS JOIN LATERAL (
        SELECT block.height::bigint AS height
        FROM core_indexed_blocks AS block
        WHERE block.chain_id = at.chain_id
        ORDER BY block.height DESC
        LIMIT 1
    ) AS newest
),
reach AS MATERIALIZED (
    SELECT
        greatest(
            at.height,
            least(
                head.height - %(blocks_behind)s,
                at.height + %(blocks_max)s,
                CASE WHEN taken.plays = %(plays_max)s THEN greatest(at.height + 1, taken.last_slot - 1) END
            )
        )::bigint AS height
    FROM at
    CROSS JOIN taken
    LEFT JOIN head ON true
),
numbers AS (
    SELECT pg_sequence_last_value(asked.sequence) AS last_id, pg_sequence.seqcache AS cached
    FROM (
        SELECT coalesce(pg_get_serial_sequence('plays', 'id')::regclass, to_regclass('plays_id_seq')) AS sequence
    ) AS asked
    JOIN pg_sequence ON pg_sequence.seqrelid = asked.sequence
)
SELECT
    at.chain_id,
    at.height AS from_height,
    at.play_id AS from_play,
    reach.height,
    coalesce((SELECT min(ahead.id) - 1 FROM ahead WHERE ahead.slot > reach.height), taken.last_id, at.play_id) AS play_id,
    head.height AS head_height,
    at.block_hash AS kept_hash,
    (
        SELECT lower(block.blockhash)
        FROM core_indexed_blocks AS block
        WHERE block.chain_id = at.chain_id AND block.height = at.height
    ) AS found_hash,
    numbers.last_id AS last_number,
    coalesce(numbers.cached, 1) AS cached,
    (
        SELECT told.chain_id
        FROM (SELECT blockhash FROM blocks WHERE number > at.block_number ORDER BY number DESC LIMIT 1) AS newest
        JOIN core_indexed_blocks AS told ON told.blockhash = newest.blockhash
        WHERE told.chain_id <> at.chain_id
    ) AS other_chain
FROM at
CROSS JOIN reach
CROSS JOIN taken
LEFT JOIN head ON true
LEFT JOIN numbers ON true
