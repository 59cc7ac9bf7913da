-- Who came to be concerned by a contest of which telling has begun: followers of the host, savers of the track,
-- subscribers, and once it ended those who remixed the track, by their rows' blocks or by edits. Some are named twice.
WITH notice AS MATERIALIZED (
    SELECT event_id, type, host_id, track_id
    FROM backbeat.contest_notices
    WHERE closes_at >= %(now)s AND starts_with(type, 'fan_')
),
edited AS MATERIALIZED (
    SELECT
        split_part(key, ':', 1) AS kind,
        split_part(key, ':', 2)::integer AS id,
        nullif(split_part(key, ':', 3), '')::integer AS of_id
    FROM backbeat.changed_keys(%(stream)s, %(edits_after)s, %(edits_upto)s) AS key
    WHERE split_part(key, ':', 1) IN ('follow', 'act', 'subscription', 'track')
)
SELECT notice.event_id, notice.type, notice.host_id, notice.track_id, fan.user_id
FROM notice
INNER JOIN (
    SELECT f.follower_user_id AS user_id, f.followee_user_id AS host_id
    FROM follows AS f
    WHERE f.blocknumber > %(after)s AND f.blocknumber <= %(upto)s AND f.is_current AND NOT f.is_delete
    OFFSET 0 -- by their blocks: those of a star are many
) AS fan ON fan.host_id = notice.host_id AND fan.user_id <> notice.host_id
UNION ALL
SELECT notice.event_id, notice.type, notice.host_id, notice.track_id, f.follower_user_id
FROM edited
INNER JOIN notice ON notice.host_id = edited.of_id AND edited.id <> notice.host_id
INNER JOIN follows AS f
    ON f.follower_user_id = edited.id AND f.followee_user_id = edited.of_id AND f.is_current AND NOT f.is_delete
WHERE edited.kind = 'follow'
UNION ALL
SELECT notice.event_id, notice.type, notice.host_id, notice.track_id, fan.user_id
FROM notice
INNER JOIN (
    SELECT s.user_id, s.save_item_id AS track_id
    FROM saves AS s
    WHERE s.blocknumber > %(after)s AND s.blocknumber <= %(upto)s AND s.is_current AND NOT s.is_delete
        AND s.save_type = 'track'
    OFFSET 0
) AS fan ON fan.track_id = notice.track_id AND fan.user_id <> notice.host_id
UNION ALL
SELECT notice.event_id, notice.type, notice.host_id, notice.track_id, s.user_id
FROM edited
INNER JOIN notice ON notice.track_id = edited.of_id AND edited.id <> notice.host_id
INNER JOIN saves AS s
    ON s.user_id = edited.id AND s.save_item_id = edited.of_id AND s.save_type = 'track'
    AND s.is_current AND NOT s.is_delete
WHERE edited.kind = 'act'
UNION ALL
SELECT notice.event_id, notice.type, notice.host_id, notice.track_id, fan.user_id
FROM notice
INNER JOIN (
    SELECT s.subscriber_id AS user_id, s.entity_id AS event_id
    FROM subscriptions AS s
    WHERE s.blocknumber > %(after)s AND s.blocknumber <= %(upto)s AND s.is_current AND NOT s.is_delete
        AND s.entity_type = 'Event'
    OFFSET 0
) AS fan ON fan.event_id = notice.event_id AND fan.user_id <> notice.host_id
UNION ALL
SELECT notice.event_id, notice.type, notice.host_id, notice.track_id, s.subscriber_id
FROM edited
INNER JOIN notice ON notice.event_id = edited.of_id AND edited.id <> notice.host_id
INNER JOIN subscriptions AS s
    ON s.subscriber_id = edited.id AND s.entity_id = edited.of_id AND s.entity_type = 'Event'
    AND s.is_current AND NOT s.is_delete
WHERE edited.kind = 'subscription'
UNION ALL
SELECT notice.event_id, notice.type, notice.host_id, notice.track_id, remix.owner_id
FROM (
    SELECT t.owner_id, t.remix_of
    FROM tracks AS t
    WHERE t.blocknumber > %(after)s AND t.blocknumber <= %(upto)s AND t.is_current AND NOT t.is_delete
    UNION ALL
    SELECT t.owner_id, t.remix_of
    FROM edited
    INNER JOIN tracks AS t ON t.track_id = edited.id AND t.is_current AND NOT t.is_delete
    WHERE edited.kind = 'track'
) AS remix
CROSS JOIN LATERAL jsonb_array_elements(
    CASE WHEN jsonb_typeof(remix.remix_of -> 'tracks') = 'array' THEN remix.remix_of -> 'tracks' END
) AS parent (named)
INNER JOIN notice ON to_jsonb(notice.track_id) = parent.named -> 'parent_track_id'
WHERE notice.type = 'fan_remix_contest_ended' AND remix.owner_id <> notice.host_id
LIMIT %(joined_max)s
