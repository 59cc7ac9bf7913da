-- inlined
CREATE OR REPLACE FUNCTION backbeat.profile_as_of(of_user integer, block integer)
RETURNS TABLE (
    user_id integer,
    profile_description boolean,
    profile_name boolean,
    profile_picture boolean,
    profile_cover_photo boolean,
    follows boolean,
    reposts boolean,
    favorites boolean
)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT
        u.user_id,
        u.has_bio,
        u.has_name,
        u.has_picture,
        u.has_cover,
        (
            SELECT count(*) = 5
            FROM (
                SELECT FROM backbeat.follow_versions AS f
                WHERE
                    f.follower_user_id = u.user_id AND coalesce(f.since_block, 0) <= block
                    AND (f.until_block IS NULL OR f.until_block > block)
                LIMIT 5
            ) AS followed
        ),
        EXISTS (
            SELECT FROM backbeat.repost_versions AS r
            WHERE
                r.user_id = u.user_id AND coalesce(r.since_block, 0) <= block
                AND (r.until_block IS NULL OR r.until_block > block)
        ),
        EXISTS (
            SELECT FROM backbeat.save_versions AS s
            WHERE
                s.user_id = u.user_id AND coalesce(s.since_block, 0) <= block
                AND (s.until_block IS NULL OR s.until_block > block)
        )
    FROM backbeat.user_as_of(of_user, block) AS u
    WHERE NOT u.is_deactivated AND u.has_handle
$$;

COMMENT ON FUNCTION backbeat.profile_as_of (integer, integer) IS
'The seven steps of a user''s profile at the end of a block, as backbeat.profile_steps says them of now.';
