CREATE OR REPLACE FUNCTION backbeat.version_of_reposts(told public.reposts, since_block integer, until_block integer)
RETURNS backbeat.past_reposts
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT
        CASE WHEN told.is_current AND NOT told.is_delete THEN (
            told.user_id, told.repost_item_id, told.repost_type,
            since_block,
            until_block,
            told.created_at
        )::backbeat.past_reposts END
$$;

COMMENT ON FUNCTION backbeat.version_of_reposts (public.reposts, integer, integer) IS
'What the history keeps of a row of reposts that stood between two blocks; NULL of one that was taken back.';
