-- Who remixed the track of a contest since it was made hears that winners were named, but for the host. No block is named.
-- Winners may be taken back and named again: only what is new is inserted, since what conflicts takes an id too.
INSERT INTO notification (user_ids, specifier, group_id, type, "timestamp", data)
SELECT
    ARRAY[remixer.user_id],
    remixer.host_id::text,
    remixer.group_id,
    'fan_remix_contest_winners_selected',
    remixer."time",
    jsonb_build_object('entity_id', remixer.track_id, 'entity_user_id', remixer.host_id)
FROM (
    SELECT DISTINCT ON (told.event_id, fan.user_id)
        (told.act).blocknumber, (told.act).place, (told.act).ordinal, (told.act)."time",
        (told.act).item_id AS track_id, (told.act).actor_id AS host_id, fan.user_id,
        format('fan_remix_contest_winners_selected:%%s:user:%%s', told.event_id, fan.user_id) AS group_id
    FROM (
        SELECT act, event.event_id, event.created_at
        FROM backbeat.acts AS act
        INNER JOIN events AS event ON event.event_id = (act.data ->> 'event')::integer
        WHERE act.blocknumber > %(after)s
            AND (act.blocknumber, act.place, act.ordinal) <= (%(number)s, %(place)s, %(ordinal)s)
            AND act.kind = 'name_winners'
    ) AS told
    CROSS JOIN LATERAL (
        SELECT DISTINCT remix.owner_id AS user_id
        FROM (
            SELECT link.child_track_id AS track_id, 1 AS weight
            FROM remixes AS link
            INNER JOIN tracks AS linked
                ON linked.track_id = link.child_track_id AND linked.is_current AND NOT linked.is_delete
            WHERE link.parent_track_id = (told.act).item_id
            UNION ALL
            SELECT (behind.data ->> 'track')::integer, -behind.delta
            FROM backbeat.acts AS behind
            WHERE behind.kind = 'remix' AND behind.item_id = (told.act).item_id
                AND (behind.blocknumber, behind.place, behind.ordinal)
                > ((told.act).blocknumber, (told.act).place, (told.act).ordinal)
        ) AS step
        INNER JOIN tracks AS remix ON remix.track_id = step.track_id AND remix.is_current
        WHERE remix.created_at > told.created_at AND remix.owner_id <> (told.act).actor_id
        GROUP BY remix.track_id, remix.owner_id
        HAVING sum(step.weight) > 0
    ) AS fan
    ORDER BY
        told.event_id, fan.user_id, (told.act).blocknumber, (told.act).place, (told.act).ordinal
) AS remixer
LEFT JOIN notification AS already
    ON already.group_id = remixer.group_id AND already.specifier = remixer.host_id::text
WHERE already.id IS NULL
ORDER BY remixer.blocknumber, remixer.place, remixer.ordinal, remixer.user_id
ON CONFLICT (group_id, specifier) DO NOTHING
