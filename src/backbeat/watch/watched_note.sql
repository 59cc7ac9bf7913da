-- Where both stand, and since when nothing is unexplained: it is no longer so once a difference without a cause is certain,
-- or there are more than are kept
WITH unexplained AS (
    SELECT
        EXISTS (SELECT FROM backbeat.watch_differences WHERE is_certain AND cause IN ('', 'unknown'))
        OR EXISTS (SELECT FROM backbeat.watch_rounds WHERE passed_over > 0) AS is_so
)
INSERT INTO backbeat.watched AS kept (
    database, here_height, there_height, began_at, looked_at, equal_since, equal_from_height
)
SELECT
    %(database)s::text,
    %(here_height)s::bigint,
    %(there_height)s::bigint,
    %(now)s::timestamptz,
    %(now)s::timestamptz,
    CASE WHEN NOT unexplained.is_so THEN %(now)s::timestamptz END,
    CASE WHEN NOT unexplained.is_so THEN least(%(here_height)s::bigint, %(there_height)s::bigint) END
FROM unexplained
ON CONFLICT (singleton) DO UPDATE
SET here_height = excluded.here_height,
    there_height = excluded.there_height,
    looked_at = excluded.looked_at,
    equal_since = CASE WHEN excluded.equal_since IS NOT NULL THEN coalesce(kept.equal_since, excluded.equal_since) END,
    equal_from_height = CASE
        WHEN excluded.equal_since IS NOT NULL THEN coalesce(kept.equal_from_height, excluded.equal_from_height)
    END
