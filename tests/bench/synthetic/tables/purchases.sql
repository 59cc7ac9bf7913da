INSERT INTO sol_purchases (
    signature, instruction_index, amount, slot, from_account, content_type, content_id, buyer_user_id, access_type,
    valid_after_blocknumber, is_valid, created_at
)
SELECT
    bench.txhash(id), 0, 1000000 + 10000 * floor(300 * bench.draw(id, 121))::int, id, 'bank' || id, 'track',
    bench.pick(bench.draw(id, 122), %(tracks)s, 2, 998244353), bench.pick(bench.draw(id, 123), %(users)s, 2, 1000000007),
    'stream', bench.block(at, %(ending)s, %(blocks)s::int), true, at
FROM generate_series(1, %(purchases)s::int) AS id
CROSS JOIN LATERAL (
    SELECT %(ending)s::timestamp - interval '500 days' * (1 - id::float8 / %(purchases)s::int) AS at
) AS bought
