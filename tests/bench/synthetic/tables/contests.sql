-- Remix contests of four weeks; the last ones are still open. A winner is a remix of the contest's track.
INSERT INTO events (
    event_id, event_type, user_id, entity_type, entity_id, end_date, event_data, created_at, updated_at, txhash, blockhash,
    blocknumber
)
SELECT
    id, 'remix_contest', t.owner_id, 'track', t.track_id, at + interval '28 days',
    jsonb_build_object('description', 'remix me', 'winners', coalesce((
        SELECT jsonb_agg(won.child_track_id) FROM (
            SELECT child_track_id FROM remixes WHERE parent_track_id = t.track_id LIMIT 3
        ) AS won
    ), '[]')),
    at, at, bench.txhash(id), '', bench.block(at, %(ending)s, %(blocks)s::int)
FROM generate_series(1, %(contests)s::int) AS id
JOIN (
    SELECT t.track_id, t.owner_id, row_number() OVER (ORDER BY bench.draw(t.track_id, 111)) AS id
    FROM tracks AS t
    JOIN users AS u ON u.user_id = t.owner_id AND u.is_verified
    WHERE EXISTS (SELECT FROM remixes WHERE parent_track_id = t.track_id)
) AS t USING (id)
CROSS JOIN LATERAL (
    SELECT %(ending)s::timestamp - interval '600 days' * (1 - id::float8 / %(contests)s::int) AS at
) AS begun
