-- Subscribers of an artist hear of a track or playlist that comes out: one notification for all of them. A track that
-- was uploaded as part of a playlist is told of with that.
INSERT INTO notification (user_ids, specifier, group_id, type, blocknumber, "timestamp", data)
SELECT
    fans.user_ids,
    told.specifier,
    told.group_id,
    'create',
    coalesce((told.act).of_block, (told.act).blocknumber),
    (told.act)."time",
    told.data
FROM (
    SELECT
        act,
        CASE act.item_type WHEN 'track' THEN act.item_id ELSE act.actor_id END::text AS specifier,
        CASE act.item_type
            WHEN 'track' THEN format('create:track:user_id:%%s', act.actor_id)
            ELSE format('create:playlist_id:%%s', act.item_id)
        END AS group_id,
        CASE act.item_type
            WHEN 'track' THEN jsonb_build_object('track_id', act.item_id)
            ELSE jsonb_build_object('playlist_id', act.item_id, 'is_album', act.data -> 'is_album')
        END AS data
    FROM backbeat.acts AS act
    WHERE act.blocknumber > %(after)s
        AND (act.blocknumber, act.place, act.ordinal) <= (%(number)s, %(place)s, %(ordinal)s)
        AND act.kind = 'publish' AND act.data ->> 'is_playlist_upload' IS NULL
) AS told
LEFT JOIN notification AS already ON already.group_id = told.group_id AND already.specifier = told.specifier
CROSS JOIN LATERAL (
    SELECT array_agg(fan.user_id ORDER BY fan.user_id) AS user_ids
    FROM backbeat.subscribers_then('User', (told.act).actor_id, told.act) AS fan (user_id)
) AS fans
WHERE already.id IS NULL AND fans.user_ids IS NOT NULL
ORDER BY (told.act).blocknumber, (told.act).place, (told.act).ordinal
ON CONFLICT (group_id, specifier) DO NOTHING
