-- Users as they were: as of a block holds what has since_block at or below it, and until_block, if any, above.
CREATE OR REPLACE VIEW backbeat.user_versions AS
SELECT
    told.user_id,
    told.blocknumber AS since_block,
    NULL::integer AS until_block,
    told.is_verified,
    told.is_deactivated,
    told.is_available,
    told.handle_lc IS NOT NULL AS has_handle,
    told.name IS NOT NULL AS has_name,
    told.bio IS NOT NULL AS has_bio,
    coalesce(told.profile_picture, told.profile_picture_sizes) IS NOT NULL AS has_picture,
    coalesce(told.cover_photo, told.cover_photo_sizes) IS NOT NULL AS has_cover,
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
FROM users AS told
WHERE
    told.is_current
    AND NOT EXISTS (
        SELECT FROM backbeat.past_users AS kept
        WHERE
            kept.user_id = told.user_id
            AND kept.until_block IS NULL
    )
UNION ALL
SELECT
    kept.user_id,
    kept.since_block,
    kept.until_block,
    kept.is_verified,
    kept.is_deactivated,
    kept.is_available,
    kept.has_handle,
    kept.has_name,
    kept.has_bio,
    kept.has_picture,
    kept.has_cover,
    (
        SELECT reached.block_time
        FROM backbeat.past_frontiers AS reached
        WHERE reached.block_number = kept.since_block
        ORDER BY reached.play_id
        LIMIT 1
    ) AS since_time
FROM backbeat.past_users AS kept;
