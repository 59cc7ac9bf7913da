INSERT INTO plays (user_id, source, play_item_id, created_at, updated_at, country)
SELECT
    CASE WHEN bench.draw(id, 91) < 0.65 THEN bench.pick(bench.draw(id, 92), %(users)s, 1.8, 1000000007) END, 'relay',
    CASE
        WHEN bench.draw(id, 93) < 0.3 THEN greatest(1, %(tracks)s - floor(%(tracks)s * 0.015 * power(bench.draw(id, 94), 2)))::int
        ELSE bench.pick(bench.draw(id, 94), %(tracks)s, 2.5, 998244353)
    END,
    at, at, CASE WHEN bench.draw(id, 95) < 0.25 THEN 'US' WHEN bench.draw(id, 95) < 0.4 THEN 'DE' END
FROM generate_series(1, %(rows)s::int) AS n
CROSS JOIN LATERAL (
    SELECT %(seed)s::bigint + n AS id, %(at)s::timestamp - %(span)s::interval * (1 - n::float8 / %(rows)s::int) AS at
) AS play
