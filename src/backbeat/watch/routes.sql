-- The permalinks of each track or playlist: the current one, and all that ever led to it.
SELECT
    {item},
    max(slug) FILTER (WHERE is_current) AS slug,
    string_agg(owner_id || '/' || slug, ' ' ORDER BY owner_id, slug COLLATE "C") AS routes
FROM {table}
GROUP BY {item}
