-- How far the cursor may follow what is committed now, at most some blocks and some plays further, and what tells that the other
-- indexer does not go on from where it was. Plays are taken by their ids, up to the first one of a later block: a play that has
-- an earlier id than others and is not committed yet is waited for (writers.sql).
--
-- A play whose slot is neither a block that is noted nor the next one counts as one without a slot, so it holds up no other. The
-- cursor passes no block while one before it is not noted, nor while its number is behind an earlier one's, or further on than
-- blocks can have counted and no later block's is further on still.
WITH at AS MATERIALIZED (
    SELECT cursor.chain_id, cursor.height, cursor.block_hash, cursor.block_number, cursor.play_id, beside.block_mark
    FROM backbeat.beside AS beside
    CROSS JOIN backbeat.cursor AS cursor
),
noted AS MATERIALIZED (
    SELECT
        block.height::bigint AS height,
        block.em_block,
        row_number() OVER in_order AS place,
        max(block.em_block) OVER (in_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS number_before,
        min(block.em_block) OVER (in_order ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS number_later
    FROM at
    CROSS JOIN LATERAL (
        SELECT height, em_block
        FROM core_indexed_blocks
        WHERE core_indexed_blocks.chain_id = at.chain_id AND core_indexed_blocks.height > at.height
        ORDER BY height
        LIMIT %(blocks_max)s::integer + %(blocks_behind)s::integer + 1
    ) AS block
    WINDOW in_order AS (ORDER BY block.height)
),
doubtful AS MATERIALIZED (
    SELECT
        noted.height,
        at.height + noted.place AS expected,
        noted.em_block,
        -- a block far away does not tell that the newest one before it is whole
        at.height + noted.place - 1
        - CASE WHEN noted.height = at.height + noted.place THEN 0 ELSE %(blocks_behind)s END AS height_max
    FROM noted
    CROSS JOIN at
    WHERE
        noted.height <> at.height + noted.place
        OR noted.em_block < greatest(at.block_number, noted.number_before)
        OR (
            noted.em_block > greatest(at.block_number, noted.number_before) + 1
            AND coalesce(noted.number_later <= noted.em_block, true)
        )
    ORDER BY noted.height
    LIMIT 1
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
-- The last block that a play may be of: the next one after those that are noted, of which one that is far away is none.
near AS MATERIALIZED (
    SELECT
        1 + CASE
            WHEN count(*) > %(blocks_max)s + %(blocks_behind)s THEN max(head.height)
            ELSE greatest(
                at.height,
                max(noted.height) FILTER (WHERE noted.height <= at.height + %(blocks_max)s + %(blocks_behind)s)
            )
        END AS height
    FROM at
    LEFT JOIN noted ON true
    LEFT JOIN head ON true
    GROUP BY at.height
),
taken AS MATERIALIZED (
    SELECT
        count(*) AS plays,
        max(ahead.id) AS last_id,
        max(ahead.slot) FILTER (WHERE ahead.slot <= near.height) AS last_slot
    FROM near
    JOIN ahead ON true
),
reach AS MATERIALIZED (
    SELECT
        greatest(
            at.height,
            least(
                head.height - %(blocks_behind)s,
                at.height + %(blocks_max)s,
                doubtful.height_max,
                CASE WHEN taken.plays = %(plays_max)s THEN greatest(at.height + 1, taken.last_slot - 1) END
            )
        )::bigint AS height
    FROM at
    CROSS JOIN taken
    LEFT JOIN head ON true
    LEFT JOIN doubtful ON true
),
held AS MATERIALIZED (
    SELECT coalesce(min(ahead.id) - 1, max(taken.last_id), max(at.play_id)) AS play_id
    FROM at
    CROSS JOIN taken
    CROSS JOIN near
    CROSS JOIN reach
    LEFT JOIN ahead ON ahead.slot > reach.height AND ahead.slot <= near.height
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
    held.play_id,
    head.height AS head_height,
    at.block_hash AS kept_hash,
    (
        SELECT lower(block.blockhash)
        FROM core_indexed_blocks AS block
        WHERE block.chain_id = at.chain_id AND block.height = at.height
    ) AS found_hash,
    at.block_mark AS kept_mark,
    (
        SELECT backbeat.epoch() || ':' || block.xmin
        FROM core_indexed_blocks AS block
        WHERE block.chain_id = at.chain_id AND block.height = at.height
    ) AS found_mark,
    doubtful.height_max AS held_height,
    doubtful.expected AS expected_height,
    doubtful.height AS doubtful_height,
    doubtful.em_block AS doubtful_number,
    (SELECT min(ahead.id) FROM ahead WHERE ahead.slot > near.height AND ahead.id <= held.play_id) AS ahead_play,
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
CROSS JOIN held
CROSS JOIN near
LEFT JOIN head ON true
LEFT JOIN doubtful ON true
LEFT JOIN numbers ON true
