INSERT INTO aggregate_plays (play_item_id, count)
SELECT play_item_id, sum(count) FROM aggregate_monthly_plays GROUP BY 1 ORDER BY 1
