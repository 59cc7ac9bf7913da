-- Owners, now or ever, of tracks whose counts were written by hand or whose plays went unread, beside the edited users and owners
-- themselves.
WITH edited AS MATERIALIZED (
    SELECT
        split_part(key, ':', 1) AS kind,
        split_part(key, ':', 2)::integer AS id
    FROM backbeat.changed_keys(%(stream)s, %(after)s, %(upto)s) AS key
    WHERE key IS NULL OR split_part(key, ':', 1) = ANY (%(kinds)b::text [])
),
concerned AS (
    SELECT id AS user_id FROM edited WHERE kind IS DISTINCT FROM 'plays'
    UNION ALL
    SELECT held.owner_id
    FROM edited
    CROSS JOIN LATERAL (
        SELECT DISTINCT t.owner_id FROM backbeat.track_versions AS t WHERE t.track_id = edited.id
    ) AS held
    WHERE edited.kind = 'plays'
)
SELECT
    user_id AS key,
    count(*) AS rows
FROM concerned
GROUP BY user_id
