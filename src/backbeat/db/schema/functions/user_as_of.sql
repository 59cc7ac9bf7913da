-- inlined
-- Versions follow each other, so the last that began by then is the one, and the newest alone may have no end: two probes,
-- however many there are.
CREATE OR REPLACE FUNCTION backbeat.user_as_of(of_user integer, block integer)
RETURNS TABLE (
    user_id integer,
    since_block integer,
    until_block integer,
    is_verified boolean,
    is_deactivated boolean,
    is_available boolean,
    has_handle boolean,
    has_name boolean,
    has_bio boolean,
    has_picture boolean,
    has_cover boolean,
    since_time timestamp
)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT
        version.user_id,
        version.since_block,
        version.until_block,
        version.is_verified,
        version.is_deactivated,
        version.is_available,
        version.has_handle,
        version.has_name,
        version.has_bio,
        version.has_picture,
        version.has_cover,
        coalesce(
            (
                SELECT reached.block_time
                FROM backbeat.past_frontiers AS reached
                WHERE reached.block_number = version.since_block
                ORDER BY reached.play_id
                LIMIT 1
            ),
            version.changed_at
        ) AS since_time
    FROM (
        (
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
                NULL::timestamp AS changed_at
            FROM backbeat.past_users AS kept
            WHERE kept.user_id = of_user AND kept.since_block <= block
            ORDER BY kept.since_block DESC
            LIMIT 1
        )
        UNION ALL
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
            told.updated_at AS changed_at
        FROM public.users AS told
        WHERE
            told.user_id = of_user AND coalesce(told.blocknumber, 0) <= block AND told.is_current
            AND (
                SELECT newest.until_block IS NOT NULL
                FROM (
                    SELECT kept.until_block
                    FROM backbeat.past_users AS kept
                    WHERE kept.user_id = of_user
                    ORDER BY kept.since_block DESC
                    LIMIT 1
                ) AS newest
            ) IS NOT FALSE
    ) AS version
    WHERE version.until_block IS NULL OR version.until_block > block
$$;

COMMENT ON FUNCTION backbeat.user_as_of (integer, integer) IS
'What a user was at the end of a block; no row where there was none. Below backbeat.history_floor() that may be one
of which nothing is known.';
