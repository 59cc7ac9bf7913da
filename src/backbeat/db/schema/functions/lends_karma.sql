-- inlined
CREATE OR REPLACE FUNCTION backbeat.lends_karma(following_count bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(following_count, 0) < backbeat.followings_max()
$$;

COMMENT ON FUNCTION backbeat.lends_karma (bigint) IS
'Whether those whom a user follows are lent its followers: not if it follows very many (domain: derived state, 3.2).';
