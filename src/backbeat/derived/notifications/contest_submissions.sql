-- The host of an open contest and its subscribers hear of each track that is submitted, but for the user who submits
-- it.
INSERT INTO notification (user_ids, specifier, group_id, type, blocknumber, "timestamp", data)
SELECT
    ARRAY[fan.user_id],
    fan.user_id::text,
    told.group_id,
    'fan_remix_contest_submission',
    coalesce((told.act).of_block, (told.act).blocknumber),
    (told.act)."time",
    jsonb_build_object(
        'event_id', told.event_id,
        'entity_id', (told.act).data -> 'parent',
        'entity_user_id', told.host_id,
        'submission_track_id', (told.act).item_id,
        'submitter_user_id', (told.act).actor_id
    )
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
) AS fan
LEFT JOIN notification AS already ON already.group_id = told.group_id AND already.specifier = fan.user_id::text
WHERE fan.user_id <> (told.act).actor_id AND already.id IS NULL
ORDER BY (told.act).blocknumber, (told.act).place, (told.act).ordinal, told.event_id, fan.user_id
ON CONFLICT (group_id, specifier) DO NOTHING
