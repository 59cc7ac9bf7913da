-- Of the tracks in any list: those that an edited act was about, and those that an edited user saved or reposted who is or was
-- deactivated, as what is written now may hold from a block of long ago, when another list counted. Of other users the tracks in
-- the newest list. All lists are read once, as judging reads them, and only if something was edited.
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
listed AS MATERIALIZED (
    SELECT DISTINCT track_id
    FROM backbeat.tastemaker_lists
    CROSS JOIN unnest(tracks) AS track_id
    WHERE EXISTS (SELECT FROM edited)
),
concerned AS (
    SELECT listed.track_id FROM edited JOIN listed ON listed.track_id = edited.track_id WHERE edited.kind = 'act'
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
    SELECT listed.track_id
    FROM edited
    CROSS JOIN LATERAL (
        SELECT r.repost_item_id AS track_id
        FROM reposts AS r
        WHERE r.user_id = edited.user_id AND r.repost_type = 'track'
        UNION ALL
        SELECT s.save_item_id
        FROM saves AS s
        WHERE s.user_id = edited.user_id AND s.save_type = 'track'
        OFFSET 0 -- by user
    ) AS act
    JOIN listed ON listed.track_id = act.track_id
    WHERE
        edited.kind = 'user'
        AND EXISTS (
            SELECT FROM backbeat.user_versions AS version WHERE version.user_id = edited.user_id AND version.is_deactivated
        )
    UNION ALL
    SELECT NULL FROM edited WHERE kind IS NULL
)
SELECT
    track_id AS key,
    count(*) AS rows
FROM concerned
GROUP BY track_id
