INSERT INTO tracks (
    track_id, is_current, is_delete, is_unlisted, owner_id, title, genre, blocknumber, created_at, updated_at, release_date,
    track_cid, duration, txhash
)
SELECT
    id, true, false, bench.draw(id, 32) < 0.12, bench.pick(bench.draw(id, 33), %(users)s, 2, 2654435761), 'Track ' || id,
    'Genre ' || floor(24 * power(bench.draw(id, 34), 2)), %(block)s, %(at)s, %(at)s,
    CASE WHEN bench.draw(id, 35) < 0.4 THEN date_trunc('day', %(at)s::timestamp) END, 'baeaaaiqse' || md5(id::text), 200,
    bench.txhash(id)
FROM (
    SELECT (SELECT max(track_id) FROM tracks) + n AS id FROM generate_series(1, %(rows)s::int) AS n
) AS track
