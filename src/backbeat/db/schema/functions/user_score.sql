-- The score (domain: derived state, 3.1 and 3.2): the formula once, over two views of the same features.
CREATE OR REPLACE FUNCTION backbeat.user_score(
    play_hours bigint,
    distinct_tracks bigint,
    follower_count bigint,
    following_count bigint,
    fast_challenges bigint,
    chat_blocks bigint,
    karma bigint,
    is_verified boolean,
    handle_lc text,
    name text
) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (
        play_hours / 2
        + follower_count
        - fast_challenges
        - 100 * chat_blocks
        + karma
        - CASE WHEN following_count < backbeat.followings_min() THEN 1 ELSE 0 END
        - CASE WHEN NOT is_verified AND concat_ws(' ', handle_lc, name) ILIKE '%audius%' THEN 1000 ELSE 0 END
        - CASE WHEN NOT is_verified AND concat_ws(' ', handle_lc, name) ILIKE '%airdrop%' THEN 1000 ELSE 0 END
        - CASE WHEN distinct_tracks <= 3 THEN 10 ELSE 0 END
    )::integer
$$;

COMMENT ON FUNCTION backbeat.user_score (
    bigint, bigint, bigint, bigint, bigint, bigint, bigint, boolean, text, text
) IS 'How far a user is trusted; below 0 it is shadowbanned. Features are never NULL, handle and name may be.';
