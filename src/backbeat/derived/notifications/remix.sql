-- An artist hears of a remix that comes out, even of the artist's own, if the track was there by then.
INSERT INTO notification (user_ids, specifier, group_id, type, blocknumber, "timestamp", data)
SELECT
    ARRAY[parent.owner_id],
    act.actor_id::text,
    format('remix:track:%%s:parent_track:%%s', act.item_id, parent.track_id),
    'remix',
    coalesce(act.of_block, act.blocknumber),
    act."time",
    jsonb_build_object('track_id', act.item_id, 'parent_track_id', parent.track_id)
FROM backbeat.acts AS act
INNER JOIN tracks AS parent ON parent.track_id = (act.data ->> 'parent')::integer AND parent.is_current
WHERE act.blocknumber > %(after)s
    AND (act.blocknumber, act.place, act.ordinal) <= (%(number)s, %(place)s, %(ordinal)s)
    AND act.kind = 'publish' AND act.item_type = 'track'
    AND NOT EXISTS (
        SELECT FROM backbeat.acts AS made
        WHERE made.kind = 'track' AND made.item_id = parent.track_id AND made.item_type = ''
            AND (made.blocknumber, made.place, made.ordinal) > (act.blocknumber, act.place, act.ordinal)
    )
ORDER BY act.blocknumber, act.place, act.ordinal
ON CONFLICT (group_id, specifier) DO NOTHING
