-- One to forty tracks each, twelve on the average.
INSERT INTO playlist_tracks (playlist_id, track_id, is_removed, created_at, updated_at)
SELECT DISTINCT ON (id, track_id) id, track_id, false, added_at, added_at
FROM generate_series(1, %(playlists)s::int) AS id
CROSS JOIN LATERAL generate_series(1, 1 + floor(40 * power(bench.draw(id, 41), 2.5))::int) AS place
CROSS JOIN LATERAL (
    SELECT
        bench.pick(bench.draw(id * 64 + place, 42), %(tracks)s, 1.6, 998244353) AS track_id,
        %(ending)s::timestamp AT TIME ZONE 'UTC'
        - interval '1825 days' * (1 - id::float8 / %(playlists)s::int) AS added_at
) AS chosen
