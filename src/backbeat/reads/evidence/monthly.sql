-- The plays of a user's tracks that count, by month: hex(user):plays
SELECT
    asked.specifier,
    'aggregate_monthly_plays' AS source,
    to_char(r.month, 'YYYY-MM') AS id,
    NULL::integer AS block_number,
    NULL::text AS tx_hash,
    NULL::text AS signature,
    NULL::bigint AS slot,
    r.month::timestamp AS happened_at,
    r.plays AS quantity
FROM unnest(%(specifiers)s::text[], %(user_ids)s::integer[], %(completed)s::timestamp[]) AS asked (
    specifier, user_id, completed_at
)
CROSS JOIN LATERAL (
    SELECT monthly.timestamp AS month, sum(monthly.count)::bigint AS plays
    FROM tracks AS t
    JOIN aggregate_monthly_plays AS monthly
        ON monthly.play_item_id = t.track_id AND monthly.timestamp >= '2025-01-01'
    WHERE
        t.owner_id = backbeat.from_hex(split_part(asked.specifier, ':', 1)) AND t.is_current AND NOT t.is_delete
        AND (monthly.timestamp <= asked.completed_at) IS NOT FALSE
    GROUP BY monthly.timestamp
) AS r
