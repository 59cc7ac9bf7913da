-- inlined
CREATE OR REPLACE FUNCTION backbeat.is_muted(follower_count bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(follower_count < backbeat.followers_min(), false)
$$;

COMMENT ON FUNCTION backbeat.is_muted (bigint) IS
'Whether everything of an owner scores 0. Not where nobody has counted the followers.';
