-- Users who had bought an album hear of each track that it never held before. Purchases come from another chain: they
-- count by when they were made.
INSERT INTO notification (user_ids, specifier, group_id, type, blocknumber, "timestamp", data)
SELECT
    ARRAY[buyer.user_id],
    buyer.user_id::text,
    told.group_id,
    'track_added_to_purchased_album',
    coalesce(told.of_block, told.blocknumber),
    told."time",
    jsonb_build_object('track_id', told.track_id, 'playlist_id', told.item_id, 'playlist_owner_id', told.actor_id)
FROM (
    SELECT
        act.*, added.track_id::integer AS track_id, added.place AS at,
        format('track_added_to_purchased_album:playlist_id:%%s:track_id:%%s', act.item_id, added.track_id) AS group_id
    FROM backbeat.acts AS act
    CROSS JOIN LATERAL jsonb_array_elements_text(act.data -> 'tracks') WITH ORDINALITY AS added (track_id, place)
    WHERE act.blocknumber > %(after)s
        AND (act.blocknumber, act.place, act.ordinal) <= (%(number)s, %(place)s, %(ordinal)s)
        AND act.kind = 'extend_album'
) AS told
CROSS JOIN LATERAL (
    SELECT bought.buyer_user_id AS user_id
    FROM usdc_purchases AS bought
    WHERE bought.content_id = told.item_id AND bought.content_type IN ('album', 'playlist')
        AND bought.created_at <= told."time"
    UNION
    SELECT bought.buyer_user_id
    FROM sol_purchases AS bought
    WHERE bought.content_id = told.item_id AND bought.content_type IN ('album', 'playlist') AND bought.is_valid
        AND coalesce(bought.created_at <= told."time", true)
) AS buyer
LEFT JOIN notification AS already ON already.group_id = told.group_id AND already.specifier = buyer.user_id::text
WHERE already.id IS NULL
ORDER BY told.blocknumber, told.place, told.ordinal, told.at, buyer.user_id
ON CONFLICT (group_id, specifier) DO NOTHING
