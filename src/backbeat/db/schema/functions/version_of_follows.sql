CREATE OR REPLACE FUNCTION backbeat.version_of_follows(told public.follows, since_block integer, until_block integer)
RETURNS backbeat.past_follows
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT
        CASE WHEN told.is_current AND NOT told.is_delete THEN (
            told.follower_user_id, told.followee_user_id,
            since_block,
            until_block,
            told.created_at
        )::backbeat.past_follows END
$$;

COMMENT ON FUNCTION backbeat.version_of_follows (public.follows, integer, integer) IS
'What the history keeps of a row of follows that stood between two blocks; NULL of one that was taken back.';
