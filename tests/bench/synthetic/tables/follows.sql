INSERT INTO follows (
    blocknumber, follower_user_id, followee_user_id, is_current, is_delete, created_at, txhash
)
SELECT
    bench.block(at, %(ending)s, %(blocks)s::int), follower, followee, true, bench.draw(id, 63) < 0.06, at,
    bench.txhash(id)
FROM (
    SELECT DISTINCT ON (follower, followee)
        id, follower, followee, %(ending)s::timestamp - interval '730 days' * (1 - id / (%(follows)s * 1.06)) AS at
    FROM generate_series(1, (%(follows)s * 1.06)::int) AS id
    CROSS JOIN LATERAL (
        SELECT
            bench.pick(bench.draw(id, 61), %(users)s, 2, 1000000007) AS follower,
            bench.pick(bench.draw(id, 62), %(users)s, 3, 2654435761) AS followee
    ) AS pair
    WHERE follower <> followee
    ORDER BY follower, followee, id
) AS edge
ORDER BY id
