INSERT INTO comments (
    comment_id, text, user_id, entity_id, entity_type, created_at, updated_at, txhash, blockhash, blocknumber
)
SELECT
    id, repeat('well done ', 4), bench.pick(bench.draw(id, 101), %(users)s, 2, 1000000007),
    bench.pick(bench.draw(id, 102), %(tracks)s, 2, 998244353), 'Track', at, at, bench.txhash(id), '',
    bench.block(at, %(ending)s, %(blocks)s::int)
FROM generate_series(1, %(comments)s::int) AS id
CROSS JOIN LATERAL (
    SELECT %(ending)s::timestamp - interval '600 days' * (1 - id::float8 / %(comments)s::int) AS at
) AS written
