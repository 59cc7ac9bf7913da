CREATE OR REPLACE FUNCTION backbeat.version_of_events(told public.events, since_block integer, until_block integer)
RETURNS backbeat.past_events
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT
        CASE WHEN told.event_id IS NOT NULL THEN (
            told.event_id,
            since_block,
            until_block,
            told.user_id,
            told.event_type,
            told.is_deleted IS NOT FALSE,
            CASE WHEN jsonb_typeof(told.event_data -> 'winners') = 'array' THEN told.event_data -> 'winners' END
        )::backbeat.past_events END
$$;

COMMENT ON FUNCTION backbeat.version_of_events (public.events, integer, integer) IS
'What the history keeps of a row of events that held between two blocks.';
