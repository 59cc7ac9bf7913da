-- inlined
CREATE OR REPLACE FUNCTION backbeat.event_as_of(of_event integer, block integer)
RETURNS TABLE (
    event_id integer,
    since_block integer,
    until_block integer,
    user_id integer,
    event_type public.event_type,
    is_deleted boolean,
    winners jsonb,
    since_time timestamp
)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT
        version.event_id,
        version.since_block,
        version.until_block,
        version.user_id,
        version.event_type,
        version.is_deleted,
        version.winners,
        version.since_time
    FROM backbeat.event_versions AS version
    WHERE
        version.event_id = of_event AND coalesce(version.since_block, 0) <= block
        AND (version.until_block IS NULL OR version.until_block > block)
$$;

COMMENT ON FUNCTION backbeat.event_as_of (integer, integer) IS
'What an event was at the end of a block; no row where there was none. Below backbeat.history_floor() that may be one
of which nothing is known.';
