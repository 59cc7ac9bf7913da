-- Saves while they stood: as of a block holds what has since_block at or below it, and until_block, if any, above.
CREATE OR REPLACE VIEW backbeat.save_versions AS
SELECT
    told.user_id,
    told.save_item_id,
    told.save_type,
    told.blocknumber AS since_block,
    NULL::integer AS until_block,
    told.created_at,
    told.created_at AS since_time
FROM saves AS told
WHERE
    told.is_current AND NOT told.is_delete
    AND NOT EXISTS (
        SELECT FROM backbeat.past_saves AS kept
        WHERE
            kept.user_id = told.user_id
            AND kept.save_item_id = told.save_item_id
            AND kept.save_type = told.save_type
            AND kept.until_block IS NULL
    )
UNION ALL
SELECT
    kept.user_id,
    kept.save_item_id,
    kept.save_type,
    kept.since_block,
    kept.until_block,
    kept.created_at,
    kept.created_at AS since_time
FROM backbeat.past_saves AS kept;
