INSERT INTO comments (
    comment_id, text, user_id, entity_id, entity_type, created_at, updated_at, txhash, blockhash, blocknumber
)
SELECT
    id, 'well done', bench.pick(bench.draw(id, 101), %(users)s, 2, 1000000007),
    bench.pick(bench.draw(id, 102), %(tracks)s, 2, 998244353), 'Track', %(at)s, %(at)s, bench.txhash(id), '', %(block)s
FROM (
    SELECT (SELECT max(comment_id) FROM comments) + n AS id FROM generate_series(1, %(rows)s::int) AS n
) AS comment
