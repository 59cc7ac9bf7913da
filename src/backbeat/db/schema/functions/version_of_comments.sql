CREATE OR REPLACE FUNCTION backbeat.version_of_comments(told public.comments, since_block integer, until_block integer)
RETURNS backbeat.past_comments
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT
        CASE WHEN told.comment_id IS NOT NULL THEN (
            told.comment_id,
            since_block,
            until_block,
            told.user_id,
            told.entity_type,
            told.entity_id,
            told.is_delete IS NOT FALSE,
            told.is_visible IS TRUE,
            told.created_at
        )::backbeat.past_comments END
$$;

COMMENT ON FUNCTION backbeat.version_of_comments (public.comments, integer, integer) IS
'What the history keeps of a row of comments that held between two blocks.';
