INSERT INTO saves (blocknumber, user_id, save_item_id, save_type, is_current, is_delete, created_at, txhash)
SELECT
    %(block)s,
    bench.pick(
        bench.draw(id, 71), %(users)s, 2, CASE WHEN bench.draw(id, 72) < 0.25 THEN 2654435761 ELSE 1000000007 END
    ),
    CASE
        WHEN bench.draw(id, 73) < 0.75 THEN bench.pick(bench.draw(id, 74), %(tracks)s, 2.5, 998244353)
        ELSE bench.pick(bench.draw(id, 74), %(playlists)s, 2.2, 998244353)
    END,
    CASE WHEN bench.draw(id, 73) < 0.75 THEN 'track' ELSE 'playlist' END::savetype, true, false, at, bench.txhash(id)
FROM generate_series(1, %(rows)s::int) AS n
CROSS JOIN LATERAL (
    SELECT %(seed)s::bigint + n AS id, %(at)s::timestamp - %(span)s::interval * (1 - n::float8 / %(rows)s::int) AS at
) AS act
ON CONFLICT DO NOTHING
