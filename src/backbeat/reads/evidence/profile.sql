-- The profile, and the acts that complete it: five follows, a repost, a save; of each the first that stand
SELECT
    asked.specifier,
    'users' AS source,
    r.user_id::text AS id,
    r.blocknumber AS block_number,
    r.txhash::text AS tx_hash,
    NULL::text AS signature,
    NULL::bigint AS slot,
    r.updated_at AS happened_at,
    NULL::bigint AS quantity
FROM unnest(%(specifiers)s::text[], %(user_ids)s::integer[], %(completed)s::timestamp[]) AS asked (
    specifier, user_id, completed_at
)
JOIN users AS r ON r.user_id = asked.user_id AND r.is_current
UNION ALL
SELECT
    asked.specifier,
    'follows' AS source,
    r.followee_user_id::text AS id,
    r.blocknumber AS block_number,
    r.txhash::text AS tx_hash,
    NULL::text AS signature,
    NULL::bigint AS slot,
    r.created_at AS happened_at,
    NULL::bigint AS quantity
FROM unnest(%(specifiers)s::text[], %(user_ids)s::integer[], %(completed)s::timestamp[]) AS asked (
    specifier, user_id, completed_at
)
CROSS JOIN LATERAL (
    SELECT * FROM follows
    WHERE follows.follower_user_id = asked.user_id AND follows.is_current AND NOT follows.is_delete
    ORDER BY follows.created_at, follows.followee_user_id
    LIMIT 5
) AS r
UNION ALL
SELECT
    asked.specifier,
    'reposts' AS source,
    r.repost_type || ' ' || r.repost_item_id AS id,
    r.blocknumber AS block_number,
    r.txhash::text AS tx_hash,
    NULL::text AS signature,
    NULL::bigint AS slot,
    r.created_at AS happened_at,
    NULL::bigint AS quantity
FROM unnest(%(specifiers)s::text[], %(user_ids)s::integer[], %(completed)s::timestamp[]) AS asked (
    specifier, user_id, completed_at
)
CROSS JOIN LATERAL (
    SELECT * FROM reposts
    WHERE reposts.user_id = asked.user_id AND reposts.is_current AND NOT reposts.is_delete
    ORDER BY reposts.created_at, reposts.repost_type, reposts.repost_item_id
    LIMIT 1
) AS r
UNION ALL
SELECT
    asked.specifier,
    'saves' AS source,
    r.save_type || ' ' || r.save_item_id AS id,
    r.blocknumber AS block_number,
    r.txhash::text AS tx_hash,
    NULL::text AS signature,
    NULL::bigint AS slot,
    r.created_at AS happened_at,
    NULL::bigint AS quantity
FROM unnest(%(specifiers)s::text[], %(user_ids)s::integer[], %(completed)s::timestamp[]) AS asked (
    specifier, user_id, completed_at
)
CROSS JOIN LATERAL (
    SELECT * FROM saves
    WHERE saves.user_id = asked.user_id AND saves.is_current AND NOT saves.is_delete
    ORDER BY saves.created_at, saves.save_type, saves.save_item_id
    LIMIT 1
) AS r
