-- inlined
CREATE OR REPLACE FUNCTION backbeat.following_band(following_count bigint) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT width_bucket(
        coalesce(following_count, 0), ARRAY[backbeat.followings_min(), backbeat.followings_max()]::bigint[]
    )
$$;

COMMENT ON FUNCTION backbeat.following_band (bigint) IS
'Between which bounds a number of followings lies. Scores and karma differ from band to band, and nowhere within one.';
