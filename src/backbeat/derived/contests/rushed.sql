-- Contests that anybody may have joined, where those who did are too many to name.
WITH edited AS MATERIALIZED (
    SELECT
        split_part(key, ':', 1) AS kind,
        split_part(key, ':', 2)::integer AS id,
        nullif(split_part(key, ':', 3), '')::integer AS of_id
    FROM backbeat.changed_keys(%(stream)s, %(edits_after)s, %(edits_upto)s) AS key
    WHERE split_part(key, ':', 1) IN ('follow', 'act', 'subscription', 'track')
),
joined AS MATERIALIZED (
    SELECT
        'follow' AS kind,
        f.followee_user_id AS of_id
    FROM follows AS f
    WHERE f.blocknumber > %(after)s AND f.blocknumber <= %(upto)s
    UNION
    SELECT
        'act',
        s.save_item_id
    FROM saves AS s
    WHERE s.blocknumber > %(after)s AND s.blocknumber <= %(upto)s AND s.save_type = 'track'
    UNION
    SELECT
        'subscription',
        s.entity_id
    FROM subscriptions AS s
    WHERE s.blocknumber > %(after)s AND s.blocknumber <= %(upto)s AND s.entity_type = 'Event'
    UNION
    SELECT
        'track',
        backbeat.id_of(parent.named ->> 'parent_track_id')
    FROM (
        SELECT t.remix_of
        FROM tracks AS t
        WHERE t.blocknumber > %(after)s AND t.blocknumber <= %(upto)s
        UNION ALL
        SELECT t.remix_of
        FROM edited
        INNER JOIN tracks AS t ON t.track_id = edited.id
        WHERE edited.kind = 'track'
    ) AS remix
    CROSS JOIN LATERAL jsonb_array_elements(
        CASE WHEN jsonb_typeof(remix.remix_of -> 'tracks') = 'array' THEN remix.remix_of -> 'tracks' END
    ) AS parent (named)
    UNION
    SELECT
        kind,
        of_id
    FROM edited
    WHERE kind <> 'track'
)
SELECT DISTINCT notice.event_id
FROM backbeat.contest_notices AS notice
CROSS JOIN LATERAL (
    VALUES
    ('follow', notice.host_id),
    ('act', notice.track_id),
    ('subscription', notice.event_id),
    ('track', notice.track_id)
) AS reason (kind, of_id)
INNER JOIN joined USING (kind, of_id)
WHERE notice.closes_at >= %(now)s AND starts_with(notice.type, 'fan_')
