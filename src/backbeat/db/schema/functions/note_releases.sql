-- What makes tracks and playlists public past the chain, as a scheduled release does, calls this in its own transaction,
-- behind the statement that did so, with those that were hidden before. It writes the acts that a block would have
-- written (index/acts/tracks.py, index/acts/playlists.py), between the last block and the next one.
CREATE OR REPLACE FUNCTION backbeat.note_releases(track_ids integer [], playlist_ids integer [], released_at timestamp)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    free record;
BEGIN
    SELECT * INTO STRICT free FROM backbeat.place_between_blocks();

    INSERT INTO backbeat.acts (
        blocknumber, place, ordinal, of_block, kind, "time", actor_id, item_type, item_id, owner_id, data
    )
    SELECT
        free.blocknumber, free.place, free.ordinal + row_number() OVER (ORDER BY act.rank, act.item_id, act.data) - 1,
        free.last_block, act.kind, released_at, act.actor_id, act.item_type, act.item_id, act.owner_id, act.data
    FROM (
        SELECT
            1 AS rank, 'publish' AS kind, track.owner_id AS actor_id, 'track' AS item_type, track.track_id AS item_id,
            NULL::integer AS owner_id,
            nullif(jsonb_strip_nulls(jsonb_build_object(
                'is_playlist_upload', nullif(track.is_playlist_upload, false),
                'parent', backbeat.first_parent(track.remix_of),
                'events', (
                    SELECT jsonb_agg(contest.event_id ORDER BY contest.event_id)
                    FROM events AS contest
                    WHERE contest.entity_id = backbeat.first_parent(track.remix_of)
                        AND backbeat.is_open_contest(contest, released_at)
                )
            )), '{}') AS data
        FROM (SELECT * FROM tracks WHERE track_id = ANY (track_ids) OFFSET 0) AS track -- by key, and judged afterwards
        WHERE NOT track.is_unlisted
            AND backbeat.is_counted_track(
                track.is_current, track.is_delete, track.is_available, track.stem_of, track.access_authorities
            )
        UNION ALL
        SELECT
            2, 'contest', contest.user_id, 'track', track.track_id,
            track.owner_id, jsonb_build_object('event', contest.event_id)
        FROM (SELECT * FROM tracks WHERE track_id = ANY (track_ids) OFFSET 0) AS track
        CROSS JOIN LATERAL (
            SELECT held.event_id, held.user_id
            FROM events AS held
            WHERE held.entity_id = track.track_id AND backbeat.is_open_contest(held, released_at)
            OFFSET 0
        ) AS contest
        WHERE track.is_current AND NOT track.is_unlisted
        UNION ALL
        SELECT
            3, 'publish', list.playlist_owner_id, 'playlist', list.playlist_id,
            NULL, jsonb_build_object('is_album', list.is_album)
        FROM (
            SELECT held.*, backbeat.is_public_playlist(held) AS is_public
            FROM playlists AS held
            WHERE held.playlist_id = ANY (playlist_ids)
            OFFSET 0
        ) AS list
        WHERE list.is_public
    ) AS act;
END $$;

COMMENT ON FUNCTION backbeat.note_releases (integer [], integer [], timestamp) IS
'Tells the job "notifications" of tracks and playlists that were hidden and that something else than a block made public.';
