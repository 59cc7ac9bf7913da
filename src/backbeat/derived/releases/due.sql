-- Whether anything is due: the first entry of each index answers.
SELECT
    (
        SELECT true FROM tracks AS track
        WHERE backbeat.is_scheduled_track(track) AND track.release_date < instant.now
        LIMIT 1
    ) OR (
        SELECT true FROM playlists AS album
        WHERE backbeat.is_scheduled_album(album) AND album.release_date < instant.now
        LIMIT 1
    )
FROM (
    SELECT least(%(now)s::timestamp, reached.block_time) AS now
    FROM backbeat.frontier AS reached
) AS instant
