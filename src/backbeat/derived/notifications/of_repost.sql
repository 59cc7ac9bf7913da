-- Users hear whom they inspired to save or repost the same: those whom the actor follows and who had
-- reposted it within a month. Not of a save by one who had bought an album with the track.
INSERT INTO notification (user_ids, specifier, group_id, type, blocknumber, "timestamp", data)
SELECT
    inspiring.user_ids,
    act.actor_id::text,
    format('%%s_of_repost:%%s:type:%%s', act.kind, act.item_id, act.item_type),
    act.kind || '_of_repost',
    coalesce(act.of_block, act.blocknumber),
    act."time",
    jsonb_build_object(
        'type', CASE WHEN act.data @> '{"is_album": true}' THEN 'album' ELSE act.item_type END,
        'user_id', act.actor_id,
        act.kind || '_of_repost_item_id', act.item_id
    )
FROM backbeat.acts AS act
INNER JOIN aggregate_user AS actor ON actor.user_id = act.actor_id
CROSS JOIN LATERAL (
    SELECT array_agg(followee.user_id ORDER BY followee.user_id) AS user_ids
    FROM backbeat.followees_then(act.actor_id, act) AS followee
    INNER JOIN backbeat.reposters_then(act.item_type, act.item_id, act) AS reposter
        ON reposter.user_id = followee.user_id
    WHERE reposter.created_at >= act."time" - interval '1 month'
) AS inspiring
WHERE act.blocknumber > %(after)s
    AND (act.blocknumber, act.place, act.ordinal) <= (%(number)s, %(place)s, %(ordinal)s)
    AND act.kind IN ('save', 'repost') AND act.delta > 0 AND act.data @> '{"of_repost": true}'
    AND backbeat.is_heard(actor)
    AND inspiring.user_ids IS NOT NULL
    AND NOT (
        act.kind = 'save' AND act.item_type = 'track' AND EXISTS (SELECT FROM backbeat.albums_bought_then(act))
    )
ORDER BY act.blocknumber, act.place, act.ordinal
ON CONFLICT (group_id, specifier) DO NOTHING
