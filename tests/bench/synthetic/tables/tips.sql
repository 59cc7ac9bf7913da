INSERT INTO user_tips (slot, signature, sender_user_id, receiver_user_id, amount, created_at, updated_at)
SELECT
    id, bench.txhash(id), bench.pick(bench.draw(id, 131), %(users)s, 2, 1000000007),
    bench.pick(bench.draw(id, 132), %(users)s, 2.5, 2654435761), 100000000, at, at
FROM generate_series(1, %(purchases)s::int / 4) AS id
CROSS JOIN LATERAL (
    SELECT %(ending)s::timestamp - interval '500 days' * (1 - id * 4.0 / %(purchases)s::int) AS at
) AS given
