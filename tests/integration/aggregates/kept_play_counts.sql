SELECT 'aggregate_plays' AS kept, play_item_id AS id, '' AS detail, count, NULL::timestamp AS at
FROM aggregate_plays
UNION ALL
SELECT 'aggregate_monthly_plays', play_item_id, "timestamp"::text || ' ' || country, count, NULL
FROM aggregate_monthly_plays
UNION ALL
SELECT 'milestones', id, slot::text, threshold, "timestamp"
FROM milestones WHERE name = 'LISTEN_COUNT'
UNION ALL
SELECT 'user_distinct_play_hours', user_id, '', hours_with_play, updated_at AT TIME ZONE 'UTC'
FROM user_distinct_play_hours
UNION ALL
SELECT 'user_distinct_play_tracks', user_id, '', track_count, updated_at AT TIME ZONE 'UTC'
FROM user_distinct_play_tracks
