-- As the artist who pinned, and as the one whose comment was.
WITH changed AS (
    SELECT
        user_id,
        count(*) AS rows
    FROM backbeat.standing_changes
    WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s
    GROUP BY user_id
),
pinned AS (
    SELECT
        changed.rows,
        said.user_id,
        pin.track_id
    FROM changed
    CROSS JOIN LATERAL (
        SELECT own.track_id, own.pinned_comment_id
        FROM backbeat.track_versions AS own
        WHERE own.owner_id = changed.user_id AND own.pinned_comment_id IS NOT NULL
        OFFSET 0 -- by owner
    ) AS pin
    JOIN comments AS said ON said.comment_id = pin.pinned_comment_id
    UNION ALL
    SELECT
        changed.rows,
        said.user_id,
        pin.track_id
    FROM changed
    JOIN comments AS said ON said.user_id = changed.user_id
    CROSS JOIN LATERAL (
        SELECT own.track_id
        FROM backbeat.track_versions AS own
        WHERE own.pinned_comment_id = said.comment_id
        OFFSET 0 -- by comment
    ) AS pin
)
SELECT
    to_hex(user_id) || ':' || to_hex(track_id) AS key,
    sum(rows)::bigint AS rows
FROM pinned
GROUP BY 1
