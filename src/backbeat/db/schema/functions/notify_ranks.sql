-- Tells a supporter and the user who is supported of a better rank; and the user who was first before, if another is
-- first now. A rank is dated with the time of its slot, so it is not told where no transaction of the slot is known.
CREATE OR REPLACE FUNCTION backbeat.notify_ranks(slots integer[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    WITH reached AS MATERIALIZED (
        SELECT rank_up.*, paid.created_at
        FROM supporter_rank_ups AS rank_up
        CROSS JOIN LATERAL (
            SELECT min(known.created_at) AS created_at FROM user_bank_txs AS known WHERE known.slot = rank_up.slot
        ) AS paid
        WHERE rank_up.slot = ANY (slots) AND paid.created_at IS NOT NULL
    ), dethroned AS (
        SELECT reached.*, before.sender_user_id AS dethroned_user_id
        FROM reached
        CROSS JOIN LATERAL (
            SELECT first.sender_user_id
            FROM supporter_rank_ups AS first
            WHERE first.receiver_user_id = reached.receiver_user_id AND first.rank = 1 AND first.slot < reached.slot
            ORDER BY first.slot DESC, first.sender_user_id
            LIMIT 1
        ) AS before
        WHERE reached.rank = 1 AND before.sender_user_id <> reached.sender_user_id
    ), told AS (
        SELECT
            kind.type,
            kind.user_id,
            kind.user_id AS specifier,
            reached.sender_user_id,
            reached.receiver_user_id,
            format('%s:%s:slot:%s', kind.type, reached.rank, reached.slot) AS group_id,
            reached.slot,
            reached.created_at,
            jsonb_build_object(
                'sender_user_id', reached.sender_user_id, 'receiver_user_id', reached.receiver_user_id,
                'rank', reached.rank
            ) AS data
        FROM reached
        CROSS JOIN LATERAL (
            VALUES
                ('supporting_rank_up', reached.sender_user_id),
                ('supporter_rank_up', reached.receiver_user_id)
        ) AS kind (type, user_id)
        UNION ALL
        SELECT
            'supporter_dethroned',
            dethroned.dethroned_user_id,
            dethroned.sender_user_id,
            dethroned.sender_user_id,
            dethroned.receiver_user_id,
            format('supporter_dethroned:receiver_user_id:%s:slot:%s', dethroned.receiver_user_id, dethroned.slot),
            dethroned.slot,
            dethroned.created_at,
            jsonb_build_object(
                'sender_user_id', dethroned.sender_user_id, 'receiver_user_id', dethroned.receiver_user_id,
                'dethroned_user_id', dethroned.dethroned_user_id
            )
        FROM dethroned
    )
    INSERT INTO notification (user_ids, type, group_id, specifier, slot, "timestamp", data)
    SELECT ARRAY[told.user_id], told.type, told.group_id, told.specifier::text, told.slot, told.created_at, told.data
    FROM told
    ORDER BY told.group_id, told.specifier, told.sender_user_id, told.receiver_user_id
    ON CONFLICT (group_id, specifier) DO NOTHING
$$;
