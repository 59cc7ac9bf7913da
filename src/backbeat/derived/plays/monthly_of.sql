-- The plays of some months, by track and country.
SELECT
    play.play_item_id,
    asked.month AS "timestamp",
    coalesce(play.country, '') AS country,
    count(*)::integer AS count
FROM unnest(%(keys)b::date []) AS asked (month)
JOIN plays AS play ON play.created_at >= asked.month AND play.created_at < asked.month + interval '1 month'
GROUP BY 1, 2, 3
