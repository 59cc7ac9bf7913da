INSERT INTO follows (blocknumber, follower_user_id, followee_user_id, is_current, is_delete, created_at, txhash)
SELECT
    %(block)s, bench.pick(bench.draw(id, 61), %(users)s, 2, 1000000007),
    bench.pick(bench.draw(id, 62), %(users)s, 3, 2654435761), true, false, at, bench.txhash(id)
FROM generate_series(1, %(rows)s::int) AS n
CROSS JOIN LATERAL (
    SELECT %(seed)s::bigint + n AS id, %(at)s::timestamp - %(span)s::interval * (1 - n::float8 / %(rows)s::int) AS at
) AS act
ON CONFLICT DO NOTHING
