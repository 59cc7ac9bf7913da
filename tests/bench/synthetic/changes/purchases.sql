INSERT INTO sol_purchases (
    signature, instruction_index, amount, slot, from_account, content_type, content_id, buyer_user_id, access_type,
    valid_after_blocknumber, is_valid, created_at
)
SELECT
    bench.txhash(id), 0, 2000000, %(block)s, 'bank' || id, 'track', bench.pick(bench.draw(id, 122), %(tracks)s, 2, 998244353),
    bench.pick(bench.draw(id, 123), %(users)s, 2, 1000000007), 'stream', %(block)s, true, %(at)s
FROM generate_series(1, %(rows)s::int) AS n
CROSS JOIN LATERAL (SELECT %(seed)s::bigint + n AS id) AS purchase
