INSERT INTO milestones (id, name, threshold, "timestamp")
SELECT play_item_id, 'LISTEN_COUNT', threshold, %(ending)s::timestamp
FROM aggregate_plays
JOIN unnest(ARRAY[10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000]) AS threshold ON threshold <= count
