-- inlined
CREATE OR REPLACE FUNCTION backbeat.karma_weight(follower_count bigint, following_count bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN backbeat.lends_karma(following_count) THEN coalesce(follower_count, 0) ELSE 0 END
$$;

COMMENT ON FUNCTION backbeat.karma_weight (bigint, bigint) IS
'What a user lends to each whom it follows (domain: derived state, 3.2).';
