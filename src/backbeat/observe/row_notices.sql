-- Tells listeners of the rows that blocks changed since the last time, on channels called after their tables, as the network's
-- triggers do (domain: chain and entities, 7.3), and moves the position. Whole blocks are told, as many as hold "rows_max" rows,
-- one at least, of which each table then tells so many. What lies more than "blocks_max" blocks back is passed over, as is a row
-- that is longer than a notice may be. Nothing is done while another process does it, or while half of the server's queue is
-- full because a listener does not read.
WITH held AS MATERIALIZED (
    SELECT
        greatest(kept.last_checkpoint, cursor.block_number - %(blocks_max)s::bigint) AS after,
        cursor.block_number AS upto
    FROM indexing_checkpoints AS kept
    CROSS JOIN backbeat.cursor AS cursor
    WHERE
        kept.tablename = %(name)s
        AND kept.last_checkpoint < cursor.block_number
        AND pg_notification_queue_usage() < 0.5
    FOR UPDATE OF kept SKIP LOCKED
),
changed AS MATERIALIZED (
    SELECT told.channel, told.blocknumber, told.payload::text AS payload
    FROM held
    CROSS JOIN LATERAL (
        {every_table}
    ) AS told
),
reached AS (
    SELECT
        held.after,
        coalesce(
            greatest(
                (
                    SELECT changed.blocknumber - 1
                    FROM changed
                    ORDER BY changed.blocknumber
                    OFFSET %(rows_max)s
                    LIMIT 1
                ),
                CASE
                    WHEN (SELECT count(*) FROM changed) > %(rows_max)s
                        THEN (SELECT min(changed.blocknumber) FROM changed)
                END
            ),
            held.upto
        ) AS upto
    FROM held
),
told AS (
    SELECT changed.channel, pg_notify(changed.channel, changed.payload) AS sent
    FROM changed
    JOIN reached ON changed.blocknumber <= reached.upto
    WHERE octet_length(changed.payload) < 8000
    ORDER BY changed.blocknumber
),
moved AS (
    UPDATE indexing_checkpoints AS kept
    SET last_checkpoint = reached.upto
    FROM reached
    WHERE kept.tablename = %(name)s
    RETURNING kept.last_checkpoint
)
SELECT
    (SELECT count(told.sent) FROM told) AS told,
    (SELECT moved.last_checkpoint FROM moved) AS block_number
