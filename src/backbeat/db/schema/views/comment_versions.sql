-- Comments as they were: as of a block holds what has since_block at or below it, and until_block, if any, above.
CREATE OR REPLACE VIEW backbeat.comment_versions AS
SELECT
    told.comment_id,
    told.blocknumber AS since_block,
    NULL::integer AS until_block,
    told.user_id,
    told.entity_type,
    told.entity_id,
    told.is_delete IS NOT FALSE AS is_delete,
    told.is_visible IS TRUE AS is_visible,
    told.created_at,
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
FROM comments AS told
WHERE
    NOT EXISTS (
        SELECT FROM backbeat.past_comments AS kept
        WHERE
            kept.comment_id = told.comment_id
            AND kept.until_block IS NULL
    )
UNION ALL
SELECT
    kept.comment_id,
    kept.since_block,
    kept.until_block,
    kept.user_id,
    kept.entity_type,
    kept.entity_id,
    kept.is_delete,
    kept.is_visible,
    kept.created_at,
    (
        SELECT reached.block_time
        FROM backbeat.past_frontiers AS reached
        WHERE reached.block_number = kept.since_block
        ORDER BY reached.play_id
        LIMIT 1
    ) AS since_time
FROM backbeat.past_comments AS kept;
