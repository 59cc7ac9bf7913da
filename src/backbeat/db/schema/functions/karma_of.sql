-- What a user's followers lend it, by how many they are: nothing without followers, all of it with more than 1000.
CREATE OR REPLACE FUNCTION backbeat.karma_of(follower_count bigint, points bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN follower_count > 1000 THEN 100
        WHEN follower_count <= 0 THEN 0
        ELSE coalesce(points, 0)
    END
$$;
