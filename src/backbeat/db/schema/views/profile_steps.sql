-- The seven steps of a profile, for users who can take part. A count stops at its threshold.
CREATE OR REPLACE VIEW backbeat.profile_steps AS
SELECT
    u.user_id,
    u.bio IS NOT NULL AS profile_description,
    u.name IS NOT NULL AS profile_name,
    coalesce(u.profile_picture, u.profile_picture_sizes) IS NOT NULL AS profile_picture,
    coalesce(u.cover_photo, u.cover_photo_sizes) IS NOT NULL AS profile_cover_photo,
    (
        SELECT count(*) = 5
        FROM (
            SELECT FROM follows AS f
            WHERE f.follower_user_id = u.user_id AND f.is_current AND NOT f.is_delete
            LIMIT 5
        ) AS followed
    ) AS follows,
    EXISTS (
        SELECT FROM reposts AS r WHERE r.user_id = u.user_id AND r.is_current AND NOT r.is_delete
    ) AS reposts,
    EXISTS (
        SELECT FROM saves AS s WHERE s.user_id = u.user_id AND s.is_current AND NOT s.is_delete
    ) AS favorites
FROM users AS u
WHERE backbeat.is_active(u) AND u.handle_lc IS NOT NULL;
