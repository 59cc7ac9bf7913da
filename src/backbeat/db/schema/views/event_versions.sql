-- Events as they were: as of a block holds what has since_block at or below it, and until_block, if any, above.
CREATE OR REPLACE VIEW backbeat.event_versions AS
SELECT
    told.event_id,
    told.blocknumber AS since_block,
    NULL::integer AS until_block,
    told.user_id,
    told.event_type,
    told.is_deleted IS NOT FALSE AS is_deleted,
    CASE WHEN jsonb_typeof(told.event_data -> 'winners') = 'array' THEN told.event_data -> 'winners' END AS winners,
    coalesce(
        (
            SELECT reached.block_time
            FROM backbeat.past_frontiers AS reached
            WHERE reached.block_number = told.blocknumber
            ORDER BY reached.play_id
            LIMIT 1
        ),
        told.updated_at
    ) AS since_time
FROM events AS told
WHERE
    NOT EXISTS (
        SELECT FROM backbeat.past_events AS kept
        WHERE
            kept.event_id = told.event_id
            AND kept.until_block IS NULL
    )
UNION ALL
SELECT
    kept.event_id,
    kept.since_block,
    kept.until_block,
    kept.user_id,
    kept.event_type,
    kept.is_deleted,
    kept.winners,
    (
        SELECT reached.block_time
        FROM backbeat.past_frontiers AS reached
        WHERE reached.block_number = kept.since_block
        ORDER BY reached.play_id
        LIMIT 1
    ) AS since_time
FROM backbeat.past_events AS kept;
