INSERT INTO playlists (
    playlist_id, playlist_owner_id, is_album, is_private, playlist_name, playlist_contents, is_current, is_delete, blocknumber,
    created_at, updated_at, txhash
)
SELECT
    id, bench.pick(bench.draw(id, 51), %(users)s, 1.8, 2654435761), bench.draw(id, 52) < 0.2, bench.draw(id, 53) < 0.25,
    'Playlist ' || id,
    jsonb_build_object('track_ids', (
        SELECT jsonb_agg(jsonb_build_object('track', bench.pick(bench.draw(id * 8 + place, 42), %(tracks)s, 1.6, 998244353)))
        FROM generate_series(1, 6) AS place
    )),
    true, false, %(block)s, %(at)s, %(at)s, bench.txhash(id)
FROM (
    SELECT (SELECT max(playlist_id) FROM playlists) + n AS id FROM generate_series(1, %(rows)s::int) AS n
) AS playlist
