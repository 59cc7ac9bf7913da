-- inlined
-- Versions follow each other, so the last that began by then is the one, and the newest alone may have no end: two probes,
-- however many there are.
CREATE OR REPLACE FUNCTION backbeat.track_as_of(of_track integer, block integer)
RETURNS TABLE (
    track_id integer,
    since_block integer,
    until_block integer,
    owner_id integer,
    is_delete boolean,
    is_unlisted boolean,
    is_available boolean,
    is_stem boolean,
    is_stream_gated boolean,
    releases_at timestamp,
    pinned_comment_id integer,
    parents integer [],
    since_time timestamp
)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT
        version.track_id,
        version.since_block,
        version.until_block,
        version.owner_id,
        version.is_delete,
        version.is_unlisted,
        version.is_available,
        version.is_stem,
        version.is_stream_gated,
        version.releases_at,
        version.pinned_comment_id,
        version.parents,
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
                kept.track_id,
                kept.since_block,
                kept.until_block,
                kept.owner_id,
                kept.is_delete,
                kept.is_unlisted,
                kept.is_available,
                kept.is_stem,
                kept.is_stream_gated,
                kept.releases_at,
                kept.pinned_comment_id,
                kept.parents,
                NULL::timestamp AS changed_at
            FROM backbeat.past_tracks AS kept
            WHERE kept.track_id = of_track AND kept.since_block <= block
            ORDER BY kept.since_block DESC
            LIMIT 1
        )
        UNION ALL
        SELECT
            told.track_id,
            told.blocknumber AS since_block,
            NULL::integer AS until_block,
            told.owner_id,
            told.is_delete,
            told.is_unlisted,
            told.is_available,
            told.stem_of IS NOT NULL AS is_stem,
            told.is_stream_gated IS TRUE AS is_stream_gated,
            CASE WHEN told.is_scheduled_release THEN told.release_date END AS releases_at,
            told.pinned_comment_id,
            backbeat.remix_parents(told.remix_of) AS parents,
            told.updated_at AS changed_at
        FROM public.tracks AS told
        WHERE
            told.track_id = of_track AND coalesce(told.blocknumber, 0) <= block AND told.is_current
            AND (
                SELECT newest.until_block IS NOT NULL
                FROM (
                    SELECT kept.until_block
                    FROM backbeat.past_tracks AS kept
                    WHERE kept.track_id = of_track
                    ORDER BY kept.since_block DESC
                    LIMIT 1
                ) AS newest
            ) IS NOT FALSE
    ) AS version
    WHERE version.until_block IS NULL OR version.until_block > block
$$;

COMMENT ON FUNCTION backbeat.track_as_of (integer, integer) IS
'What a track was at the end of a block; no row where there was none. Below backbeat.history_floor() that may be one
of which nothing is known.';
