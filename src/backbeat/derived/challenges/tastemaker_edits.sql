-- Of the tracks in the newest list: those that an edited act was about, and those that an edited user saved or reposted.
WITH edited AS MATERIALIZED (
    SELECT
        split_part(key, ':', 1) AS kind,
        split_part(key, ':', 2)::integer AS user_id,
        nullif(split_part(key, ':', 3), '')::integer AS track_id
    FROM backbeat.changed_keys(%(stream)s, %(after)s, %(upto)s) AS key
    WHERE key IS NULL OR split_part(key, ':', 1) = ANY (%(kinds)b::text [])
),
top AS MATERIALIZED (
    SELECT unnest(tracks) AS track_id
    FROM (SELECT tracks FROM backbeat.tastemaker_lists ORDER BY blocknumber DESC LIMIT 1) AS newest
),
concerned AS (
    SELECT top.track_id FROM edited JOIN top ON top.track_id = edited.track_id WHERE edited.kind = 'act'
    UNION ALL
    SELECT top.track_id
    FROM edited
    CROSS JOIN top
    WHERE
        edited.kind = 'user'
        AND (
            EXISTS (
                SELECT FROM reposts AS r
                WHERE r.user_id = edited.user_id AND r.repost_item_id = top.track_id AND r.repost_type = 'track'
            )
            OR EXISTS (
                SELECT FROM saves AS s
                WHERE s.user_id = edited.user_id AND s.save_item_id = top.track_id AND s.save_type = 'track'
            )
        )
    UNION ALL
    SELECT NULL FROM edited WHERE kind IS NULL
)
SELECT
    track_id AS key,
    count(*) AS rows
FROM concerned
GROUP BY track_id
