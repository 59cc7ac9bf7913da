-- So many hidden tracks, one in five of them an album, whose date came while the block was made.
WITH due AS MATERIALIZED (
    SELECT n, %(seed)s::bigint + n AS seed, n %% 5 = 0 AS is_album FROM generate_series(1, %(rows)s::int) AS n
),
albums AS (
    INSERT INTO playlists (
        playlist_id, playlist_owner_id, is_album, is_private, playlist_name, playlist_contents, is_current, is_delete,
        blocknumber, created_at, updated_at, txhash, is_scheduled_release, release_date
    )
    SELECT
        (SELECT max(playlist_id) FROM playlists) + n, bench.pick(bench.draw(seed, 51), %(users)s, 1.8, 2654435761), true, true,
        'Album ' || seed, '{"track_ids": []}', true, false, %(block)s, %(at)s, %(at)s, bench.txhash(seed), true,
        %(at)s::timestamp - interval '1 minute'
    FROM due WHERE is_album
)
INSERT INTO tracks (
    track_id, is_current, is_delete, is_unlisted, owner_id, title, genre, blocknumber, created_at, updated_at,
    is_scheduled_release, release_date, track_cid, musical_key, bpm, duration, txhash
)
SELECT
    (SELECT max(track_id) FROM tracks) + n, true, false, true, bench.pick(bench.draw(seed, 33), %(users)s, 2, 2654435761),
    'Track ' || seed, 'Genre 1', %(block)s, %(at)s, %(at)s, true, %(at)s::timestamp - interval '1 minute',
    'baeaaaiqse' || md5(seed::text), 'A minor', 120, 200, bench.txhash(seed)
FROM due WHERE NOT is_album
