-- Two in three by a user. Three in ten are of what was uploaded in the last month, the rest of favourites.
INSERT INTO plays (id, user_id, source, play_item_id, created_at, updated_at, country)
SELECT
    id,
    CASE WHEN bench.draw(id, 91) < 0.65 THEN bench.pick(bench.draw(id, 92), %(users)s, 1.8, 1000000007) END,
    'relay',
    CASE
        WHEN bench.draw(id, 93) < 0.3
            THEN greatest(1, uploaded - floor(%(tracks)s * 0.015 * power(bench.draw(id, 94), 2)))::int
        ELSE 1 + bench.pick(bench.draw(id, 94), %(tracks)s, 2.5, 998244353) %% uploaded
    END,
    at, at, CASE WHEN bench.draw(id, 95) < 0.25 THEN 'US' WHEN bench.draw(id, 95) < 0.4 THEN 'DE' END
FROM (
    SELECT
        id, ceil(%(tracks)s * (1 - (1 - id::float8 / %(plays)s) / 3))::int AS uploaded,
        %(ending)s::timestamp - interval '730 days' * (1 - id::float8 / %(plays)s) AS at
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS id
) AS play
