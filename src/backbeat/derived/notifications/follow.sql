-- A user hears of each follower, once.
INSERT INTO notification (user_ids, specifier, group_id, type, blocknumber, "timestamp", data)
SELECT told.user_ids, told.specifier, told.group_id, 'follow', told.block, told."time", told.data
FROM (
    SELECT
        coalesce(act.of_block, act.blocknumber) AS block,
        act.blocknumber, act.place, act.ordinal, act."time",
        ARRAY[act.item_id] AS user_ids,
        act.actor_id::text AS specifier,
        format('follow:%%s', act.item_id) AS group_id,
        jsonb_build_object('followee_user_id', act.item_id, 'follower_user_id', act.actor_id) AS data
    FROM backbeat.acts AS act
    INNER JOIN aggregate_user AS actor ON actor.user_id = act.actor_id
    WHERE act.blocknumber > %(after)s
        AND (act.blocknumber, act.place, act.ordinal) <= (%(number)s, %(place)s, %(ordinal)s)
        AND act.kind = 'follow' AND act.delta > 0
        AND backbeat.is_heard(actor)
) AS told
LEFT JOIN notification AS already ON already.group_id = told.group_id AND already.specifier = told.specifier
WHERE already.id IS NULL
ORDER BY told.blocknumber, told.place, told.ordinal
ON CONFLICT (group_id, specifier) DO NOTHING
