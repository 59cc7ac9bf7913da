-- As the artist who pinned, the track, the comment, and as the one whose comment was.
WITH edited AS MATERIALIZED (
    SELECT
        split_part(key, ':', 1) AS kind,
        split_part(key, ':', 2)::integer AS id
    FROM backbeat.changed_keys(%(stream)s, %(after)s, %(upto)s) AS key
    WHERE key IS NULL OR split_part(key, ':', 1) = ANY (%(kinds)b::text [])
),
pinned AS (
    SELECT
        said.user_id,
        t.track_id
    FROM edited
    JOIN tracks AS t ON t.track_id = edited.id AND t.pinned_comment_id IS NOT NULL AND t.is_current
    JOIN comments AS said ON said.comment_id = t.pinned_comment_id
    WHERE edited.kind = 'track'
    UNION ALL
    SELECT
        said.user_id,
        t.track_id
    FROM edited
    JOIN comments AS said ON said.comment_id = edited.id
    JOIN tracks AS t ON t.pinned_comment_id = said.comment_id AND t.is_current
    WHERE edited.kind = 'comment'
    UNION ALL
    SELECT
        said.user_id,
        t.track_id
    FROM edited
    JOIN tracks AS t ON t.owner_id = edited.id AND t.pinned_comment_id IS NOT NULL AND t.is_current
    JOIN comments AS said ON said.comment_id = t.pinned_comment_id
    WHERE edited.kind = 'user'
    UNION ALL
    SELECT
        said.user_id,
        t.track_id
    FROM edited
    JOIN comments AS said ON said.user_id = edited.id
    JOIN tracks AS t ON t.pinned_comment_id = said.comment_id AND t.is_current
    WHERE edited.kind = 'user'
),
concerned AS (
    SELECT to_hex(user_id) || ':' || to_hex(track_id) AS key FROM pinned
    UNION ALL
    SELECT NULL FROM edited WHERE kind IS NULL
)
SELECT
    key,
    count(*) AS rows
FROM concerned
GROUP BY key
