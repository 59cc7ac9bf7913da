-- inlined
-- Versions follow each other, so the last that began by then is the one, and the newest alone may have no end: two probes,
-- however many there are.
CREATE OR REPLACE FUNCTION backbeat.playlist_as_of(of_playlist integer, block integer)
RETURNS TABLE (
    playlist_id integer,
    since_block integer,
    until_block integer,
    owner_id integer,
    is_delete boolean,
    is_private boolean,
    is_album boolean,
    has_entries boolean,
    since_time timestamp
)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT
        version.playlist_id,
        version.since_block,
        version.until_block,
        version.owner_id,
        version.is_delete,
        version.is_private,
        version.is_album,
        version.has_entries,
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
                kept.playlist_id,
                kept.since_block,
                kept.until_block,
                kept.owner_id,
                kept.is_delete,
                kept.is_private,
                kept.is_album,
                kept.has_entries,
                NULL::timestamp AS changed_at
            FROM backbeat.past_playlists AS kept
            WHERE kept.playlist_id = of_playlist AND kept.since_block <= block
            ORDER BY kept.since_block DESC
            LIMIT 1
        )
        UNION ALL
        SELECT
            told.playlist_id,
            told.blocknumber AS since_block,
            NULL::integer AS until_block,
            told.playlist_owner_id AS owner_id,
            told.is_delete,
            told.is_private,
            told.is_album,
            backbeat.has_entries(told.playlist_contents, 1) AS has_entries,
            told.updated_at AS changed_at
        FROM public.playlists AS told
        WHERE
            told.playlist_id = of_playlist AND coalesce(told.blocknumber, 0) <= block AND told.is_current
            AND (
                SELECT newest.until_block IS NOT NULL
                FROM (
                    SELECT kept.until_block
                    FROM backbeat.past_playlists AS kept
                    WHERE kept.playlist_id = of_playlist
                    ORDER BY kept.since_block DESC
                    LIMIT 1
                ) AS newest
            ) IS NOT FALSE
    ) AS version
    WHERE version.until_block IS NULL OR version.until_block > block
$$;

COMMENT ON FUNCTION backbeat.playlist_as_of (integer, integer) IS
'What a playlist was at the end of a block; no row where there was none. Below backbeat.history_floor() that may be one
of which nothing is known.';
