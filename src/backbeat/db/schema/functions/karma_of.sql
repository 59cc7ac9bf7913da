-- inlined
CREATE OR REPLACE FUNCTION backbeat.karma_of(follower_count bigint, points bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN follower_count > backbeat.karma_followers_max() THEN 100
        WHEN follower_count <= 0 THEN 0
        ELSE coalesce(points, 0)
    END
$$;

COMMENT ON FUNCTION backbeat.karma_of (bigint, bigint) IS
'The karma of a user by how many followers it has, of which the points are counted: none of it without any, all of it,
100, with very many (domain: derived state, 3.2).';
