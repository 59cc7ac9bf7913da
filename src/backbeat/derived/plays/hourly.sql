-- Hours from which plays may have been pruned keep what was counted before; all others are what the plays say.
WITH pruned AS (
    SELECT coalesce(
        date_trunc('hour', to_timestamp((
            SELECT last_checkpoint FROM indexing_checkpoints WHERE tablename = 'plays_pruned_until'
        )) AT TIME ZONE 'UTC'),
        '-infinity'
    ) AS hour
),
counted AS (
    SELECT
        date_trunc('hour', created_at) AS hourly_timestamp,
        count(*)::integer AS play_count
    FROM plays
    WHERE id <= %(upto)s
    GROUP BY 1
),
kept AS (
    SELECT
        stored.hourly_timestamp,
        stored.play_count
    FROM hourly_play_counts AS stored
    JOIN pruned ON stored.hourly_timestamp <= pruned.hour
)
SELECT
    coalesce(counted.hourly_timestamp, kept.hourly_timestamp) AS hourly_timestamp,
    greatest(counted.play_count, kept.play_count) AS play_count
FROM counted
FULL JOIN kept ON kept.hourly_timestamp = counted.hourly_timestamp
