-- The domain's per-play rules, computed from all plays at once: counts, the play that reached each milestone, the hours
-- later than every hour before them, the first play of every track.
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
UNION ALL
SELECT 'user_distinct_play_hours', user_id, '', count(*), max(hour)
FROM (
    SELECT user_id, date_trunc('hour', created_at) AS hour, coalesce(
        date_trunc('hour', created_at) > max(date_trunc('hour', created_at)) OVER (
            PARTITION BY user_id ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ),
        true
    ) AS is_later
    FROM plays WHERE user_id IS NOT NULL
) AS judged
WHERE is_later
GROUP BY 2
UNION ALL
SELECT 'user_distinct_play_tracks', user_id, '', count(*), (array_agg(created_at ORDER BY id DESC))[1]
FROM (
    SELECT DISTINCT ON (user_id, play_item_id) user_id, id, created_at
    FROM plays WHERE user_id IS NOT NULL
    ORDER BY user_id, play_item_id, id
) AS first_heard
GROUP BY 2
