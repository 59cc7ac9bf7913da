-- Three in four of tracks; one in four by those who are followed most.
INSERT INTO saves (
    blocknumber, user_id, save_item_id, save_type, is_current, is_delete, created_at, txhash
)
SELECT
    bench.block(at, %(ending)s, %(blocks)s::int), user_id, item_id, CASE WHEN on_track THEN 'track' ELSE 'playlist' END::savetype,
    true, bench.draw(id, 75) < 0.08, at, bench.txhash(id)
FROM (
    SELECT DISTINCT ON (user_id, item_id, on_track)
        id, user_id, item_id, on_track,
        %(ending)s::timestamp - interval '730 days' * (1 - id / (%(saves)s * 1.02)) AS at
    FROM generate_series(1, (%(saves)s * 1.02)::int) AS id
    CROSS JOIN LATERAL (
        SELECT
            bench.pick(
                bench.draw(id, 71), %(users)s, 2,
                CASE WHEN bench.draw(id, 72) < 0.25 THEN 2654435761 ELSE 1000000007 END
            ) AS user_id,
            CASE
                WHEN bench.draw(id, 73) < 0.75 THEN bench.pick(bench.draw(id, 74), %(tracks)s, 2.5, 998244353)
                ELSE bench.pick(bench.draw(id, 74), %(playlists)s, 2.2, 998244353)
            END AS item_id,
            bench.draw(id, 73) < 0.75 AS on_track
    ) AS pair
    ORDER BY user_id, item_id, on_track, id
) AS edge
ORDER BY id
