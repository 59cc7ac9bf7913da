-- Joined over seven years. One in four has a complete profile, three in a hundred are verified.
INSERT INTO users (
    user_id, is_current, handle, handle_lc, wallet, name, bio, profile_picture_sizes, cover_photo_sizes, blocknumber,
    is_verified, created_at, updated_at, txhash
)
SELECT
    id, true, 'user' || id, 'user' || id, '0x' || lpad(to_hex(id), 40, '0'), 'Person ' || id,
    CASE WHEN filled < 0.35 THEN repeat('what I do and where ', 3) END,
    CASE WHEN filled < 0.45 THEN 'Qm' || md5(id::text) END,
    CASE WHEN filled < 0.25 THEN 'Qm' || md5((-id)::text) END,
    bench.block(joined_at, %(ending)s, %(blocks)s::int), bench.draw(id, 12) < 0.03, joined_at, joined_at, bench.txhash(id)
FROM (
    SELECT
        id, bench.draw(id, 11) AS filled,
        %(ending)s::timestamp - interval '2555 days' * (1 - id::float8 / %(users)s::int) AS joined_at
    FROM generate_series(1, %(users)s::int) AS id
) AS person
