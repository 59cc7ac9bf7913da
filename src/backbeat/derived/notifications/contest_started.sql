-- Users who follow the host of a contest, saved its track or subscribed to it hear that it began: when it is made on a
-- listed track, and when a hidden track with an open contest is listed. The track may
-- be hidden and listed again: what conflicts takes an id too, so only what is new is inserted.
INSERT INTO notification (user_ids, specifier, group_id, type, blocknumber, "timestamp", data)
SELECT
    ARRAY[fan.user_id],
    fan.user_id::text,
    fan.group_id,
    'fan_remix_contest_started',
    coalesce(fan.of_block, fan.blocknumber),
    fan."time",
    jsonb_build_object('entity_user_id', fan.owner_id, 'entity_id', fan.track_id)
FROM (
    SELECT DISTINCT ON (told.group_id, one.user_id)
        told.group_id, one.user_id,
        (told.act).blocknumber, (told.act).place, (told.act).ordinal, (told.act).of_block, (told.act)."time",
        (told.act).owner_id, (told.act).item_id AS track_id
    FROM (
        SELECT act, format('fan_remix_contest_started:%%s:user:%%s', act.item_id, act.actor_id) AS group_id
        FROM backbeat.acts AS act
        WHERE act.blocknumber > %(after)s
            AND (act.blocknumber, act.place, act.ordinal) <= (%(number)s, %(place)s, %(ordinal)s)
            AND act.kind = 'contest'
    ) AS told
    CROSS JOIN LATERAL (
        SELECT follower.user_id
        FROM backbeat.followers_then((told.act).actor_id, told.act) AS follower (user_id)
        UNION
        SELECT saver.user_id
        FROM backbeat.savers_then('track', (told.act).item_id, told.act) AS saver (user_id)
        UNION
        SELECT subscriber.user_id
        FROM backbeat.subscribers_then('Event', ((told.act).data ->> 'event')::integer, told.act) AS subscriber (user_id)
    ) AS one
    ORDER BY told.group_id, one.user_id, (told.act).blocknumber, (told.act).place, (told.act).ordinal
) AS fan
LEFT JOIN notification AS already ON already.group_id = fan.group_id AND already.specifier = fan.user_id::text
WHERE already.id IS NULL
ORDER BY fan.blocknumber, fan.place, fan.ordinal, fan.user_id
ON CONFLICT (group_id, specifier) DO NOTHING
