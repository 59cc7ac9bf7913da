-- Six in seven of tracks; one in four by those who are followed most.
INSERT INTO reposts (
    blocknumber, user_id, repost_item_id, repost_type, is_current, is_delete, created_at, txhash
)
SELECT
    bench.block(at, %(ending)s, %(blocks)s::int), user_id, item_id, CASE WHEN on_track THEN 'track' ELSE 'playlist' END::reposttype,
    true, bench.draw(id, 85) < 0.05, at, bench.txhash(id)
FROM (
    SELECT DISTINCT ON (user_id, item_id, on_track)
        id, user_id, item_id, on_track,
        %(ending)s::timestamp - interval '730 days' * (1 - id / (%(reposts)s * 1.02)) AS at
    FROM generate_series(1, (%(reposts)s * 1.02)::int) AS id
    CROSS JOIN LATERAL (
        SELECT
            bench.pick(
                bench.draw(id, 81), %(users)s, 2,
                CASE WHEN bench.draw(id, 82) < 0.25 THEN 2654435761 ELSE 1000000007 END
            ) AS user_id,
            CASE
                WHEN bench.draw(id, 83) < 0.857 THEN bench.pick(bench.draw(id, 84), %(tracks)s, 2.5, 998244353)
                ELSE bench.pick(bench.draw(id, 84), %(playlists)s, 2.2, 998244353)
            END AS item_id,
            bench.draw(id, 83) < 0.857 AS on_track
    ) AS pair
    ORDER BY user_id, item_id, on_track, id
) AS edge
ORDER BY id
