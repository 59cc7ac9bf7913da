-- inlined
-- Versions follow each other, so the last that began by then is the one, and the newest alone may have no end: two probes,
-- however many there are.
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
        coalesce(
            (
                SELECT reached.block_time
                FROM backbeat.past_frontiers AS reached
                WHERE reached.block_number = version.since_block
                ORDER BY reached.play_id
                LIMIT 1
            ),
            version.changed_at
        ) AS since_time
    FROM (
        (
            SELECT
                kept.event_id,
                kept.since_block,
                kept.until_block,
                kept.user_id,
                kept.event_type,
                kept.is_deleted,
                kept.winners,
                NULL::timestamp AS changed_at
            FROM backbeat.past_events AS kept
            WHERE kept.event_id = of_event AND kept.since_block <= block
            ORDER BY kept.since_block DESC
            LIMIT 1
        )
        UNION ALL
        SELECT
            told.event_id,
            told.blocknumber AS since_block,
            NULL::integer AS until_block,
            told.user_id,
            told.event_type,
            told.is_deleted IS NOT FALSE AS is_deleted,
            CASE WHEN jsonb_typeof(told.event_data -> 'winners') = 'array' THEN told.event_data -> 'winners' END AS winners,
            told.updated_at AS changed_at
        FROM public.events AS told
        WHERE
            told.event_id = of_event AND coalesce(told.blocknumber, 0) <= block
            AND (
                SELECT newest.until_block IS NOT NULL
                FROM (
                    SELECT kept.until_block
                    FROM backbeat.past_events AS kept
                    WHERE kept.event_id = of_event
                    ORDER BY kept.since_block DESC
                    LIMIT 1
                ) AS newest
            ) IS NOT FALSE
    ) AS version
    WHERE version.until_block IS NULL OR version.until_block > block
$$;

COMMENT ON FUNCTION backbeat.event_as_of (integer, integer) IS
'What an event was at the end of a block; no row where there was none. Below backbeat.history_floor() that may be one
of which nothing is known.';
