-- inlined
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
        version.since_time
    FROM backbeat.user_versions AS version
    WHERE
        version.user_id = of_user AND coalesce(version.since_block, 0) <= block
        AND (version.until_block IS NULL OR version.until_block > block)
$$;

COMMENT ON FUNCTION backbeat.user_as_of (integer, integer) IS
'What a user was at the end of a block; no row where there was none. Below backbeat.history_floor() that may be one
of which nothing is known.';
