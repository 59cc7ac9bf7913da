-- What a year's follows were told with; other kinds are as many again, and left out.
INSERT INTO notification (specifier, group_id, type, blocknumber, "timestamp", data, user_ids)
SELECT
    follower_user_id::text, 'follow:' || followee_user_id, 'follow', blocknumber, created_at,
    jsonb_build_object('followee_user_id', followee_user_id, 'follower_user_id', follower_user_id), ARRAY[followee_user_id]
FROM follows
WHERE created_at > %(ending)s::timestamp - interval '1 year'
ORDER BY created_at
ON CONFLICT DO NOTHING
