-- Moves the cursor behind blocks that another program wrote, from where it was looked at, and keeps where it would have stood
-- behind each of them: the greatest number so far, and the plays up to the first one of a later block. When a block was is
-- told by the explorer's table, or by the newest of its plays; otherwise it was when the one before it was. A play of no block that
-- is noted is one of the block that the cursor was at. The row of the last block's bookkeeping is told by its transaction, so that it
-- is noticed when it is written again.
WITH at AS MATERIALIZED (
    SELECT cursor.chain_id, cursor.height, cursor.block_hash, cursor.block_time, cursor.block_number, cursor.play_id
    FROM backbeat.beside AS beside
    CROSS JOIN backbeat.cursor AS cursor
    WHERE
        cursor.chain_id = %(chain_id)s AND cursor.height = %(from_height)s AND cursor.play_id = %(from_play)s
        AND %(height)s::bigint >= cursor.height AND %(play_id)s::bigint >= cursor.play_id
        AND EXISTS (
            SELECT FROM core_indexed_blocks AS block
            WHERE block.chain_id = cursor.chain_id AND block.height = cursor.height
                AND backbeat.epoch() || ':' || block.xmin = %(found_mark)s
        )
),
marks AS MATERIALIZED (
    SELECT at.height AS place, at.block_hash AS hash, at.block_number AS number, at.block_time AS told_at, NULL::bigint AS first_id
    FROM at
    UNION ALL
    SELECT block.height, lower(block.blockhash), coalesce(block.em_block, 0), told.block_time, NULL
    FROM at
    JOIN core_indexed_blocks AS block
        ON block.chain_id = at.chain_id AND block.height > at.height AND block.height <= %(height)s::bigint
    LEFT JOIN etl_blocks AS told ON told.block_height = block.height
    UNION ALL
    SELECT
        CASE WHEN play.slot > at.height AND play.slot <= %(height)s::bigint THEN play.slot ELSE at.height END,
        NULL,
        0,
        least(max(play.created_at), clock_timestamp() AT TIME ZONE 'utc'),
        min(play.id)
    FROM at
    JOIN plays AS play ON play.id > at.play_id AND play.id <= %(play_id)s::bigint
    GROUP BY 1
),
stood AS (
    SELECT
        marks.place,
        marks.hash,
        max(marks.number) OVER so_far AS block_number,
        max(marks.told_at) OVER so_far AS block_time,
        coalesce(min(marks.first_id) OVER later - 1, %(play_id)s::bigint) AS play_id
    FROM marks
    WINDOW
        so_far AS (ORDER BY marks.place GROUPS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
        later AS (ORDER BY marks.place DESC GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
behind AS MATERIALIZED (
    SELECT
        stood.place,
        stood.hash,
        stood.block_number,
        stood.block_time,
        stood.play_id,
        row_number() OVER (ORDER BY stood.place DESC) = 1 AS is_last,
        (stood.block_number, stood.play_id) IS DISTINCT FROM (
            lag(stood.block_number, 1, at.block_number) OVER (ORDER BY stood.place),
            lag(stood.play_id, 1, at.play_id) OVER (ORDER BY stood.place)
        ) AS has_moved
    FROM stood
    CROSS JOIN at
    WHERE stood.hash IS NOT NULL
),
kept AS (
    INSERT INTO backbeat.past_frontiers (block_number, play_id, height, block_time)
    SELECT block_number, play_id, place, block_time
    FROM behind
    WHERE has_moved
    ON CONFLICT DO NOTHING
),
moved AS (
    UPDATE backbeat.cursor AS cursor
    SET
        height = behind.place,
        block_hash = behind.hash,
        block_time = behind.block_time,
        block_number = behind.block_number,
        play_id = behind.play_id,
        updated_at = clock_timestamp()
    FROM behind
    WHERE
        behind.is_last
        -- again, because a transaction of another may have moved it while this statement waited for the row
        AND cursor.chain_id = %(chain_id)s AND cursor.height = %(from_height)s AND cursor.play_id = %(from_play)s
    RETURNING cursor.chain_id, cursor.height
),
marked AS (
    UPDATE backbeat.beside AS beside
    SET
        block_mark = backbeat.epoch() || ':' || block.xmin,
        ahead_play = coalesce(%(ahead_play)s::bigint, beside.ahead_play)
    FROM moved
    JOIN core_indexed_blocks AS block ON block.chain_id = moved.chain_id AND block.height = moved.height
)
SELECT CASE WHEN NOT EXISTS (SELECT FROM moved) THEN backbeat.break_off('cursor_moved', 'BB001') END AS moved
