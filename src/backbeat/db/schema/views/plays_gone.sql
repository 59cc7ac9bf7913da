-- Up to and with which time plays may be gone, whether or not anybody recorded it: "until", and as an hour counted from 1970.
-- The oldest go first, so none is gone that is later than one that was here before it and still is: "oldest_at", the time of
-- the play with the lowest id. (Not the earliest time: what arrives late, with an old time, shows nothing.) Where there is
-- no play, or all were taken away by TRUNCATE since, all may be gone.
CREATE OR REPLACE VIEW backbeat.plays_gone AS
SELECT
    oldest.created_at AS oldest_at,
    greatest(pruned.until, coalesce(oldest.created_at, 'infinity')) AS until,
    CASE
        WHEN oldest.created_at IS NULL THEN 2147483647
        ELSE backbeat.hour_of(greatest(pruned.until, oldest.created_at))
    END AS hour
FROM (VALUES (true)) AS always (is_so)
LEFT JOIN backbeat.pruned_plays AS pruned ON always.is_so
LEFT JOIN LATERAL (
    SELECT play.created_at
    FROM plays AS play
    WHERE pruned.truncated_at IS NULL
    ORDER BY play.id
    LIMIT 1
) AS oldest ON true;
