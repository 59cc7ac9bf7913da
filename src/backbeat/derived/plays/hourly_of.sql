-- The plays up to "upto", and those that are gone, of some hours.
SELECT
    told.hour AS hourly_timestamp,
    told.plays::integer AS play_count
FROM (
    SELECT
        asked.hour,
        (
            SELECT count(*)
            FROM plays AS play
            WHERE
                play.created_at >= asked.hour AND play.created_at < asked.hour + interval '1 hour'
                AND play.id <= %(upto)s
        ) + coalesce((SELECT gone.plays FROM backbeat.pruned_hours AS gone WHERE gone.hour = asked.hour), 0) AS plays
    FROM unnest(%(keys)b::timestamp []) AS asked (hour)
) AS told
WHERE told.plays > 0
