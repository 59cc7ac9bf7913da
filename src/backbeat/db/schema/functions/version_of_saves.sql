CREATE OR REPLACE FUNCTION backbeat.version_of_saves(told public.saves, since_block integer, until_block integer)
RETURNS backbeat.past_saves
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT
        CASE WHEN told.is_current AND NOT told.is_delete THEN (
            told.user_id, told.save_item_id, told.save_type,
            since_block,
            until_block,
            told.created_at
        )::backbeat.past_saves END
$$;

COMMENT ON FUNCTION backbeat.version_of_saves (public.saves, integer, integer) IS
'What the history keeps of a row of saves that stood between two blocks; NULL of one that was taken back.';
