-- inlined
CREATE OR REPLACE FUNCTION backbeat.is_lent_karma(follower_count bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT follower_count BETWEEN 1 AND backbeat.karma_followers_max()
$$;

COMMENT ON FUNCTION backbeat.is_lent_karma (bigint) IS
'Whether a user''s karma is counted from its followers: without any it is 0, with more than 1000 it is full.';
