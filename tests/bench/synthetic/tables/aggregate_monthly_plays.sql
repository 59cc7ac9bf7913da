INSERT INTO aggregate_monthly_plays (play_item_id, "timestamp", country, count)
SELECT play_item_id, date_trunc('month', created_at)::date, coalesce(country, ''), count(*)
FROM plays GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
