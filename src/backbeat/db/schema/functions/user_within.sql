-- inlined
-- Who lays versions of several rows beside each other reads only those that meet: all with all are the product of two histories.
CREATE OR REPLACE FUNCTION backbeat.user_within(of_user integer, from_block integer, until_block integer)
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
    SELECT * FROM backbeat.user_as_of(of_user, from_block)
    UNION ALL
    SELECT *
    FROM backbeat.user_versions AS later
    WHERE
        later.user_id = of_user AND later.since_block > from_block
        AND later.since_block < coalesce(user_within.until_block, 2147483647)
$$;

COMMENT ON FUNCTION backbeat.user_within (integer, integer, integer) IS
'What a user was at the end of any block from one on and before another; before NULL: up to now.';
