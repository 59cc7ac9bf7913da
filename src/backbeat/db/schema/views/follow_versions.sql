-- Follows while they stood: as of a block holds what has since_block at or below it, and until_block, if any, above.
CREATE OR REPLACE VIEW backbeat.follow_versions AS
SELECT
    told.follower_user_id,
    told.followee_user_id,
    told.blocknumber AS since_block,
    NULL::integer AS until_block,
    told.created_at,
    told.created_at AS since_time
FROM follows AS told
WHERE
    told.is_current AND NOT told.is_delete
    AND NOT EXISTS (
        SELECT FROM backbeat.past_follows AS kept
        WHERE
            kept.follower_user_id = told.follower_user_id
            AND kept.followee_user_id = told.followee_user_id
            AND kept.until_block IS NULL
    )
UNION ALL
SELECT
    kept.follower_user_id,
    kept.followee_user_id,
    kept.since_block,
    kept.until_block,
    kept.created_at,
    kept.created_at AS since_time
FROM backbeat.past_follows AS kept;
