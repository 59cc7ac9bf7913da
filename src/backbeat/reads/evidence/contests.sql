-- The contest, and the tracks of the winner that it names: hex(event):hex(owner)
SELECT
    asked.specifier,
    'events' AS source,
    r.event_id::text AS id,
    r.blocknumber AS block_number,
    r.txhash::text AS tx_hash,
    NULL::text AS signature,
    NULL::bigint AS slot,
    r.updated_at AS happened_at,
    NULL::bigint AS quantity
FROM unnest(%(specifiers)s::text[], %(user_ids)s::integer[], %(completed)s::timestamp[]) AS asked (
    specifier, user_id, completed_at
)
JOIN events AS r ON r.event_id = backbeat.from_hex(split_part(asked.specifier, ':', 1))
UNION ALL
SELECT
    asked.specifier,
    'tracks' AS source,
    r.track_id::text AS id,
    r.blocknumber AS block_number,
    r.txhash::text AS tx_hash,
    NULL::text AS signature,
    NULL::bigint AS slot,
    r.created_at AS happened_at,
    NULL::bigint AS quantity
FROM unnest(%(specifiers)s::text[], %(user_ids)s::integer[], %(completed)s::timestamp[]) AS asked (
    specifier, user_id, completed_at
)
JOIN events AS contest ON contest.event_id = backbeat.from_hex(split_part(asked.specifier, ':', 1))
CROSS JOIN LATERAL jsonb_array_elements(
    CASE WHEN jsonb_typeof(contest.event_data -> 'winners') = 'array' THEN contest.event_data -> 'winners' END
) AS winner (named)
JOIN tracks AS r
    ON r.track_id = backbeat.id_of(winner.named #>> '{}') AND r.is_current
    AND r.owner_id = backbeat.from_hex(split_part(asked.specifier, ':', 2))
