-- An owner hears who saved or reposted a track or playlist, but not of a save by a user who had bought it.
INSERT INTO notification (user_ids, specifier, group_id, type, blocknumber, "timestamp", data)
SELECT told.user_ids, told.specifier, told.group_id, told.kind, told.block, told."time", told.data
FROM (
    SELECT
        coalesce(act.of_block, act.blocknumber) AS block,
        act.blocknumber, act.place, act.ordinal, act."time", act.kind,
        ARRAY[act.owner_id] AS user_ids,
        act.actor_id::text AS specifier,
        format('%%s:%%s:type:%%s', act.kind, act.item_id, act.item_type) AS group_id,
        jsonb_build_object('type', act.item_type, 'user_id', act.actor_id, act.kind || '_item_id', act.item_id) AS data
    FROM backbeat.acts AS act
    INNER JOIN aggregate_user AS actor ON actor.user_id = act.actor_id
    WHERE act.blocknumber > %(after)s
        AND (act.blocknumber, act.place, act.ordinal) <= (%(number)s, %(place)s, %(ordinal)s)
        AND act.kind IN ('save', 'repost') AND act.delta > 0 AND act.owner_id IS NOT NULL
        AND backbeat.is_heard(actor)
        AND NOT (
            act.kind = 'save' AND (
                EXISTS (
                    SELECT FROM usdc_purchases AS bought
                    WHERE bought.buyer_user_id = act.actor_id AND bought.content_id = act.item_id
                        AND (bought.content_type = 'track') = (act.item_type = 'track')
                        AND bought.created_at <= act."time"
                )
                OR (act.item_type = 'track' AND EXISTS (SELECT FROM backbeat.albums_bought_then(act)))
            )
        )
) AS told
LEFT JOIN notification AS already ON already.group_id = told.group_id AND already.specifier = told.specifier
WHERE already.id IS NULL
ORDER BY told.blocknumber, told.place, told.ordinal
ON CONFLICT (group_id, specifier) DO NOTHING
