-- The host of an open contest and its subscribers hear of each track that is submitted, but for the user who submits
-- it. A track may be hidden and come out again: what
-- conflicts takes an id too, so only what is new is inserted.
INSERT INTO notification (user_ids, specifier, group_id, type, blocknumber, "timestamp", data)
SELECT
    ARRAY[fan.user_id],
    fan.user_id::text,
    fan.group_id,
    'fan_remix_contest_submission',
    coalesce(fan.of_block, fan.blocknumber),
    fan."time",
    jsonb_build_object(
        'event_id', fan.event_id,
        'entity_id', fan.parent_id,
        'entity_user_id', fan.host_id,
        'submission_track_id', fan.track_id,
        'submitter_user_id', fan.actor_id
    )
FROM (
    SELECT DISTINCT ON (told.event_id, (told.act).item_id, one.user_id)
        told.group_id, told.event_id, told.host_id, one.user_id,
        (told.act).blocknumber, (told.act).place, (told.act).ordinal, (told.act).of_block, (told.act)."time",
        (told.act).actor_id, (told.act).item_id AS track_id, (told.act).data -> 'parent' AS parent_id
    FROM (
        SELECT
            act,
            event.event_id,
            event.user_id AS host_id,
            format('fan_remix_contest_submission:%%s:submission:%%s', event.event_id, act.item_id) AS group_id
        FROM backbeat.acts AS act
        CROSS JOIN LATERAL jsonb_array_elements_text(act.data -> 'events') AS entered (event_id)
        INNER JOIN events AS event ON event.event_id = entered.event_id::integer
        WHERE act.blocknumber > %(after)s
            AND (act.blocknumber, act.place, act.ordinal) <= (%(number)s, %(place)s, %(ordinal)s)
            AND act.kind = 'publish' AND act.item_type = 'track'
    ) AS told
    CROSS JOIN LATERAL (
        SELECT subscriber.user_id
        FROM backbeat.subscribers_then('Event', told.event_id, told.act) AS subscriber (user_id)
        UNION
        SELECT told.host_id
    ) AS one
    WHERE one.user_id <> (told.act).actor_id
    ORDER BY
        told.event_id, (told.act).item_id, one.user_id, (told.act).blocknumber, (told.act).place, (told.act).ordinal
) AS fan
LEFT JOIN notification AS already ON already.group_id = fan.group_id AND already.specifier = fan.user_id::text
WHERE already.id IS NULL
ORDER BY fan.blocknumber, fan.place, fan.ordinal, fan.event_id, fan.user_id
ON CONFLICT (group_id, specifier) DO NOTHING
