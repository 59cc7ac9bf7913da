-- Uploaded over six years, mostly by those who are followed most. Three in four are eligible to trend; four in ten carry a
-- release date, which is a midnight, one in three hundred of the newest one that is still to come. One in twenty of the last
-- two weeks waits for its release. The newer half names an upload; one in thirty lacks key and tempo, one in a thousand of
-- those with an upload its CID.
INSERT INTO tracks (
    track_id, is_current, is_delete, is_unlisted, owner_id, title, tags, genre, mood, blocknumber, created_at, updated_at,
    release_date, description, cover_art_sizes, track_cid, duration, stem_of, remix_of, txhash, is_scheduled_release,
    audio_upload_id, musical_key, bpm
)
SELECT
    id, true, bench.draw(id, 31) < 0.1, is_scheduled OR bench.draw(id, 32) < 0.12,
    bench.pick(bench.draw(id, 33), %(users)s, 2, 2654435761),
    'Track ' || id, 'a,b,c', 'Genre ' || floor(24 * power(bench.draw(id, 34), 2)), 'Easygoing',
    bench.block(made_at, %(ending)s, %(blocks)s::int), made_at, made_at,
    CASE
        WHEN is_scheduled
            THEN date_trunc('hour', %(ending)s::timestamp + interval '14 days' * bench.draw(id, 38)) + interval '1 hour'
        WHEN bench.draw(id, 35) < 0.4 THEN date_trunc('day', made_at)
        WHEN bench.draw(id, 35) < 0.4033 THEN date_trunc('day', made_at) + interval '9 days'
    END,
    repeat('how it came to be ', 5), 'baeaaaiqse' || md5(id::text),
    CASE WHEN NOT has_upload OR bench.draw(id, 39) >= 0.001 THEN 'baeaaaiqse' || md5((-id)::text) END, 200,
    CASE
        WHEN bench.draw(id, 36) < 0.03
            THEN jsonb_build_object('category', 'LEAD_VOCALS', 'parent_track_id', 1 + id / 2)
    END,
    CASE
        WHEN bench.draw(id, 36) > 0.96
            THEN jsonb_build_object('tracks', jsonb_build_array(jsonb_build_object('parent_track_id', 1 + id / 2)))
    END,
    bench.txhash(id), is_scheduled, CASE WHEN has_upload THEN 'upload' || id END,
    CASE WHEN bench.draw(id, 30) >= 0.033 THEN 'A minor' END, CASE WHEN bench.draw(id, 30) >= 0.033 THEN 120 END
FROM (
    SELECT id, %(ending)s::timestamp - interval '2190 days' * (1 - id::float8 / %(tracks)s::int) AS made_at
    FROM generate_series(1, %(tracks)s::int) AS id
) AS track
CROSS JOIN LATERAL (
    SELECT
        bench.draw(id, 37) < 0.05 AND made_at > %(ending)s::timestamp - interval '14 days' AS is_scheduled,
        2 * id > %(tracks)s::int AS has_upload
) AS told
