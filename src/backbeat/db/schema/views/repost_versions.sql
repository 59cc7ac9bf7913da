-- Reposts while they stood: as of a block holds what has since_block at or below it, and until_block, if any, above.
CREATE OR REPLACE VIEW backbeat.repost_versions AS
SELECT
    told.user_id,
    told.repost_item_id,
    told.repost_type,
    told.blocknumber AS since_block,
    NULL::integer AS until_block,
    told.created_at,
    told.created_at AS since_time
FROM reposts AS told
WHERE
    told.is_current AND NOT told.is_delete
    AND NOT EXISTS (
        SELECT FROM backbeat.past_reposts AS kept
        WHERE
            kept.user_id = told.user_id
            AND kept.repost_item_id = told.repost_item_id
            AND kept.repost_type = told.repost_type
            AND kept.until_block IS NULL
    )
UNION ALL
SELECT
    kept.user_id,
    kept.repost_item_id,
    kept.repost_type,
    kept.since_block,
    kept.until_block,
    kept.created_at,
    kept.created_at AS since_time
FROM backbeat.past_reposts AS kept;
