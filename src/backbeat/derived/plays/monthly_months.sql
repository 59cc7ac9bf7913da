-- The next month that has plays.
SELECT date_trunc('month', min(play.created_at))::date AS key
FROM plays AS play
WHERE play.created_at >= date_trunc('month', %(after)s::date::timestamp) + interval '1 month'
