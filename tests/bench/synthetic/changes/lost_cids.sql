-- So many uploads that came without a CID.
INSERT INTO tracks (
    track_id, is_current, is_delete, is_unlisted, owner_id, title, genre, blocknumber, created_at, updated_at,
    audio_upload_id, musical_key, bpm, duration, txhash
)
SELECT
    id, true, false, false, bench.pick(bench.draw(id, 33), %(users)s, 2, 2654435761), 'Track ' || id, 'Genre 2', %(block)s, %(at)s,
    %(at)s, 'upload' || id, 'A minor', 120, 200, bench.txhash(id)
FROM (
    SELECT (SELECT max(track_id) FROM tracks) + n AS id FROM generate_series(1, %(rows)s::int) AS n
) AS track
