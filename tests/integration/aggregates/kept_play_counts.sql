SELECT 'aggregate_plays' AS kept, play_item_id AS id, '' AS detail, count, NULL::timestamp AS at
FROM aggregate_plays
UNION ALL
SELECT 'aggregate_monthly_plays', play_item_id, "timestamp"::text || ' ' || country, count, NULL
FROM aggregate_monthly_plays
UNION ALL
SELECT 'milestones', id, slot::text, threshold, "timestamp"
FROM milestones WHERE name = 'LISTEN_COUNT'
