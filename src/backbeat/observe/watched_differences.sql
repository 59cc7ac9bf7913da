-- What differs, by subject, kind and suspected cause, with the latest of each. What is not certain has no cause; it waits
-- where it has been as it is since it was first seen, and moves otherwise.
SELECT
    grouped.subject,
    grouped.kind,
    grouped.cause,
    grouped.rows,
    grouped.waiting,
    shown.columns,
    shown.key,
    shown.here,
    shown.there
FROM (
    SELECT
        kept.subject,
        kept.kind,
        kept.cause,
        count(*) AS rows,
        count(*) FILTER (WHERE NOT kept.is_certain AND kept.as_it_is_since = kept.first_at) AS waiting,
        ((array_agg(kept.key::text ORDER BY kept.first_at DESC, kept.key)) [1])::text [] AS key
    FROM backbeat.watch_differences AS kept
    GROUP BY kept.subject, kept.kind, kept.cause
) AS grouped
JOIN backbeat.watch_differences AS shown ON shown.subject = grouped.subject AND shown.key = grouped.key
ORDER BY grouped.cause = 'unknown' DESC, grouped.cause = '', grouped.rows DESC, grouped.subject, grouped.kind, grouped.cause
LIMIT %(limit)s::integer
