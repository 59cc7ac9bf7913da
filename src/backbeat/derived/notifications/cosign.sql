-- The owner of a remix hears that the owner of its first parent saved or reposted it.
INSERT INTO notification (user_ids, specifier, group_id, type, blocknumber, "timestamp", data)
SELECT
    ARRAY[act.owner_id],
    act.actor_id::text,
    format('cosign:parent_track%%s:original_track:%%s', act.data ->> 'parent_id', act.item_id),
    'cosign',
    coalesce(act.of_block, act.blocknumber),
    act."time",
    jsonb_build_object(
        'parent_track_id', act.data -> 'parent_id', 'track_id', act.item_id, 'track_owner_id', act.owner_id
    )
FROM backbeat.acts AS act
INNER JOIN aggregate_user AS actor ON actor.user_id = act.actor_id
WHERE act.blocknumber > %(after)s
    AND (act.blocknumber, act.place, act.ordinal) <= (%(number)s, %(place)s, %(ordinal)s)
    AND act.kind IN ('save', 'repost') AND act.delta > 0 AND act.data ? 'parent_id'
    AND backbeat.is_heard(actor)
ORDER BY act.blocknumber, act.place, act.ordinal
ON CONFLICT (group_id, specifier) DO NOTHING
