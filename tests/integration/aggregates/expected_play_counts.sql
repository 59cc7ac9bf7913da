-- The domain's per-play rules, computed from all plays at once: counts, and the play that reached each
-- milestone.
SELECT 'aggregate_plays' AS kept, play_item_id AS id, '' AS detail, count(*) AS count, NULL::timestamp AS at
FROM plays GROUP BY 2
UNION ALL
SELECT 'aggregate_monthly_plays', play_item_id, to_char(created_at, 'YYYY-MM-01 ') || coalesce(country, ''), count(*), NULL
FROM plays GROUP BY 2, 3
UNION ALL
SELECT 'milestones', play_item_id, slot::text, ordinal, created_at
FROM (
    SELECT play_item_id, slot, created_at, row_number() OVER (PARTITION BY play_item_id ORDER BY id) AS ordinal FROM plays
) AS numbered
WHERE ordinal IN (
    10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000
)
