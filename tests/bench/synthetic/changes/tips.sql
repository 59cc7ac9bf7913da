-- A slot of its own for each of a hundred tips.
INSERT INTO user_tips (slot, signature, sender_user_id, receiver_user_id, amount, created_at, updated_at)
SELECT
    %(block)s::int * 100 + n * 100 / (%(rows)s::int + 1), bench.txhash(id),
    bench.pick(bench.draw(id, 131), %(users)s, 2, 1000000007),
    bench.pick(bench.draw(id, 132), %(users)s, 2.5, 2654435761), 100000000, %(at)s, %(at)s
FROM generate_series(1, %(rows)s::int) AS n
CROSS JOIN LATERAL (SELECT %(seed)s::bigint + n AS id) AS tip
