-- An artist hears that a track was added to another user's playlist that everybody may see, if it was there by then.
INSERT INTO notification (user_ids, specifier, group_id, type, blocknumber, "timestamp", data)
SELECT
    ARRAY[track.owner_id],
    track.owner_id::text,
    format('track_added_to_playlist:playlist_id:%%s:track_id:%%s', act.item_id, track.track_id),
    'track_added_to_playlist',
    coalesce(act.of_block, act.blocknumber),
    act."time",
    jsonb_build_object('track_id', track.track_id, 'playlist_id', act.item_id, 'playlist_owner_id', act.actor_id)
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
ORDER BY act.blocknumber, act.place, act.ordinal, added.place
ON CONFLICT (group_id, specifier) DO NOTHING
