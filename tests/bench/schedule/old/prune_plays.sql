-- Two years, where the network keeps 400 days.
DELETE FROM plays
WHERE id IN (
    SELECT id FROM plays
    WHERE created_at <= %(now)s::timestamp - interval '730 days'
    ORDER BY created_at
    LIMIT 50000
)
