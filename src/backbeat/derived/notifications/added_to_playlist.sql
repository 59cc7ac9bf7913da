-- An artist hears that a track was added to another user's playlist that everybody may see, if it was there by then. Every
-- change of a playlist within a second says all that was added in the second: only what is new is inserted, since what
-- conflicts takes an id too.
INSERT INTO notification (user_ids, specifier, group_id, type, blocknumber, "timestamp", data)
SELECT
    ARRAY[told.owner_id],
    told.owner_id::text,
    told.group_id,
    'track_added_to_playlist',
    coalesce(told.of_block, told.blocknumber),
    told."time",
    jsonb_build_object('track_id', told.track_id, 'playlist_id', told.item_id, 'playlist_owner_id', told.actor_id)
FROM (
    SELECT DISTINCT ON (act.item_id, track.track_id)
        act.blocknumber, act.place, act.ordinal, act.of_block, act."time", act.actor_id, act.item_id,
        track.track_id, track.owner_id, added.place AS at,
        format('track_added_to_playlist:playlist_id:%%s:track_id:%%s', act.item_id, track.track_id) AS group_id
    FROM backbeat.acts AS act
    CROSS JOIN LATERAL jsonb_array_elements_text(act.data -> 'tracks') WITH ORDINALITY AS added (track_id, place)
    INNER JOIN tracks AS track ON track.track_id = added.track_id::integer AND track.is_current
    WHERE act.blocknumber > %(after)s
        AND (act.blocknumber, act.place, act.ordinal) <= (%(number)s, %(place)s, %(ordinal)s)
        AND act.kind = 'add_tracks'
        AND track.owner_id <> act.actor_id
        AND NOT EXISTS (
            SELECT FROM backbeat.acts AS made
            WHERE made.kind = 'track' AND made.item_id = track.track_id AND made.item_type = ''
                AND (made.blocknumber, made.place, made.ordinal) > (act.blocknumber, act.place, act.ordinal)
        )
    ORDER BY act.item_id, track.track_id, act.blocknumber, act.place, act.ordinal
) AS told
LEFT JOIN notification AS already ON already.group_id = told.group_id AND already.specifier = told.owner_id::text
WHERE already.id IS NULL
ORDER BY told.blocknumber, told.place, told.ordinal, told.at
ON CONFLICT (group_id, specifier) DO NOTHING
