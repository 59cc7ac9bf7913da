SELECT
    type.typname::text AS name,
    array_agg(label.enumlabel::text ORDER BY label.enumsortorder) AS labels
FROM pg_type AS type
JOIN pg_enum AS label ON label.enumtypid = type.oid
WHERE type.typnamespace = 'public'::regnamespace
GROUP BY type.typname
