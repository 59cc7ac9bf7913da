-- Makes public what is due, the longest overdue first, and of one instant tracks before the album that holds them.
WITH instant AS (
    SELECT least(%(now)s::timestamp, reached.block_time) AS now
    FROM backbeat.frontier AS reached
),
due AS MATERIALIZED (
    SELECT
        waiting.is_album,
        waiting.item_id
    FROM instant
    CROSS JOIN LATERAL (
        (
            SELECT false AS is_album, track.track_id AS item_id, track.release_date
            FROM tracks AS track
            WHERE backbeat.is_scheduled_track(track) AND track.release_date < instant.now
            ORDER BY track.release_date, track.track_id
            LIMIT %(rows_max)s
        )
        UNION ALL
        (
            SELECT true, album.playlist_id, album.release_date
            FROM playlists AS album
            WHERE backbeat.is_scheduled_album(album) AND album.release_date < instant.now
            ORDER BY album.release_date, album.playlist_id
            LIMIT %(rows_max)s
        )
    ) AS waiting
    ORDER BY waiting.release_date, waiting.is_album, waiting.item_id
    LIMIT %(rows_max)s
),
listed AS (
    UPDATE tracks AS track
    SET is_unlisted = false, updated_at = instant.now
    FROM instant
    WHERE track.track_id = ANY (ARRAY(SELECT item_id FROM due WHERE NOT is_album)) AND backbeat.is_scheduled_track(track)
    RETURNING track.track_id
),
shown AS (
    UPDATE playlists AS album
    SET is_private = false, updated_at = instant.now
    FROM instant
    WHERE album.playlist_id = ANY (ARRAY(SELECT item_id FROM due WHERE is_album)) AND backbeat.is_scheduled_album(album)
    RETURNING album.playlist_id
)
SELECT
    (SELECT count(*) FROM due) AS found,
    ARRAY(SELECT track_id FROM listed ORDER BY track_id) AS track_ids,
    ARRAY(SELECT playlist_id FROM shown ORDER BY playlist_id) AS playlist_ids,
    instant.now AS released_at
FROM instant
