INSERT INTO user_events (blocknumber, is_current, user_id, referrer, is_mobile_user)
SELECT
    %(block)s, true, bench.pick(bench.draw(id, 21), %(users)s, 1, 1000000007),
    CASE WHEN n %% 3 = 0 THEN bench.pick(bench.draw(id, 23), %(users)s, 2.5, 2654435761) END, n %% 3 <> 0
FROM generate_series(1, %(rows)s::int) AS n
CROSS JOIN LATERAL (SELECT %(seed)s::bigint + n AS id) AS event
