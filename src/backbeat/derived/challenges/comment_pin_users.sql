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
        t.track_id
    FROM changed
    JOIN tracks AS t ON t.owner_id = changed.user_id AND t.pinned_comment_id IS NOT NULL AND t.is_current
    JOIN comments AS said ON said.comment_id = t.pinned_comment_id
    UNION ALL
    SELECT
        changed.rows,
        said.user_id,
        t.track_id
    FROM changed
    JOIN comments AS said ON said.user_id = changed.user_id
    JOIN tracks AS t ON t.pinned_comment_id = said.comment_id AND t.is_current
)
SELECT
    to_hex(user_id) || ':' || to_hex(track_id) AS key,
    sum(rows)::bigint AS rows
FROM pinned
GROUP BY 1
