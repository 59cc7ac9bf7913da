-- One in five is an album, one in four private, one in twelve deleted.
INSERT INTO playlists (
    playlist_id, playlist_owner_id, is_album, is_private, playlist_name, playlist_contents, is_current, is_delete,
    description, blocknumber, created_at, updated_at, last_added_to, txhash
)
SELECT
    made.playlist_id, bench.pick(bench.draw(made.playlist_id, 51), %(users)s, 1.8, 2654435761),
    bench.draw(made.playlist_id, 52) < 0.2, bench.draw(made.playlist_id, 53) < 0.25, 'Playlist ' || made.playlist_id,
    made.contents, true, bench.draw(made.playlist_id, 54) < 0.08, repeat('for the road ', 3),
    bench.block(made.made_at, %(ending)s, %(blocks)s::int), made.made_at, made.made_at, made.made_at,
    bench.txhash(made.playlist_id)
FROM (
    SELECT
        playlist_id, min(created_at) AT TIME ZONE 'UTC' AS made_at,
        jsonb_build_object('track_ids', jsonb_agg(
            jsonb_build_object('track', track_id, 'time', extract(epoch FROM created_at)::int)
        )) AS contents
    FROM playlist_tracks
    GROUP BY playlist_id
) AS made
ORDER BY made.playlist_id
