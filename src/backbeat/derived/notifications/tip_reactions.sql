-- The sender of a tip hears how its receiver reacts, once for each of the four reactions; and the receiver's own
-- notification of the tip says the last of them.
WITH said AS MATERIALIZED (
    SELECT
        act.blocknumber, act.place, act.ordinal, act."time",
        act.item_type AS reaction_type,
        act.item_id AS reaction_value,
        act.actor_id AS receiver_user_id,
        act.data ->> 'reacted_to' AS reacted_to,
        act.data ->> 'sender_wallet' AS sender_wallet,
        tip.slot,
        tip.sender_user_id,
        tip.amount
    FROM backbeat.acts AS act
    CROSS JOIN LATERAL (
        SELECT t.slot, t.sender_user_id, t.amount
        FROM user_tips AS t
        WHERE t.signature = act.data ->> 'reacted_to' AND t.receiver_user_id = act.actor_id
        ORDER BY t.slot DESC
        LIMIT 1
    ) AS tip
    WHERE act.blocknumber > %(after)s
        AND (act.blocknumber, act.place, act.ordinal) <= (%(number)s, %(place)s, %(ordinal)s)
        AND act.kind = 'tip_reaction'
), last AS (
    SELECT DISTINCT ON (receiver_user_id, reacted_to)
        format('tip_receive:user_id:%%s:signature:%%s', receiver_user_id, reacted_to) AS group_id,
        receiver_user_id::text AS specifier,
        reaction_value
    FROM said
    ORDER BY receiver_user_id, reacted_to, blocknumber DESC, place DESC, ordinal DESC
), note_reactions AS (
    UPDATE notification AS told
    SET data = told.data || jsonb_build_object('reaction_value', last.reaction_value)
    FROM last
    WHERE told.group_id = last.group_id AND told.specifier = last.specifier
)
INSERT INTO notification (user_ids, specifier, group_id, type, slot, "timestamp", data)
SELECT
    ARRAY[sender_user_id],
    receiver_user_id::text,
    format('reaction:reaction_to:%%s:reaction_type:%%s:reaction_value:%%s', reacted_to, reaction_type, reaction_value),
    'reaction',
    slot,
    "time",
    jsonb_build_object(
        'sender_wallet', sender_wallet, 'reaction_type', reaction_type, 'reacted_to', reacted_to,
        'reaction_value', reaction_value, 'receiver_user_id', receiver_user_id, 'sender_user_id', sender_user_id,
        'tip_amount', amount::text
    )
FROM said
ORDER BY blocknumber, place, ordinal
ON CONFLICT (group_id, specifier) DO NOTHING
