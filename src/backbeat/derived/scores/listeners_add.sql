-- Sets take each pair once, so that going over plays again adds nothing.
WITH heard AS MATERIALIZED (
    SELECT
        user_id,
        play_item_id AS track_id,
        created_at,
        backbeat.hour_of(created_at) AS hour
    FROM plays
    WHERE id > %(after)s AND id <= %(upto)s AND user_id IS NOT NULL
),
new_hours AS (
    INSERT INTO backbeat.listened_hours (user_id, hour)
    SELECT
        user_id,
        hour
    FROM (SELECT DISTINCT user_id, hour FROM heard) AS fresh
    WHERE NOT EXISTS (
        SELECT FROM backbeat.listened_hours AS kept WHERE kept.user_id = fresh.user_id AND kept.hour = fresh.hour
    )
    ORDER BY user_id, hour
    ON CONFLICT (user_id, hour) DO NOTHING
    RETURNING user_id, hour
),
counted_hours AS (
    INSERT INTO user_distinct_play_hours AS kept (user_id, hours_with_play, updated_at)
    SELECT
        user_id,
        count(*),
        to_timestamp(max(hour) * 3600.0)
    FROM new_hours
    GROUP BY user_id
    ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE
    SET
        hours_with_play = kept.hours_with_play + excluded.hours_with_play,
        updated_at = greatest(kept.updated_at, excluded.updated_at)
    RETURNING xmax = 0 AS is_new
),
new_tracks AS (
    INSERT INTO backbeat.listened_tracks (user_id, track_id)
    SELECT
        user_id,
        track_id
    FROM (SELECT DISTINCT user_id, track_id FROM heard) AS fresh
    WHERE NOT EXISTS (
        SELECT FROM backbeat.listened_tracks AS kept
        WHERE kept.user_id = fresh.user_id AND kept.track_id = fresh.track_id
    )
    ORDER BY user_id, track_id
    ON CONFLICT (user_id, track_id) DO NOTHING
    RETURNING user_id, track_id
),
counted_tracks AS (
    INSERT INTO user_distinct_play_tracks AS kept (user_id, track_count, updated_at)
    SELECT
        new_tracks.user_id,
        count(DISTINCT new_tracks.track_id),
        max(heard.created_at) AT TIME ZONE 'UTC'
    FROM new_tracks
    JOIN heard ON heard.user_id = new_tracks.user_id AND heard.track_id = new_tracks.track_id
    GROUP BY new_tracks.user_id
    ORDER BY new_tracks.user_id
    ON CONFLICT (user_id) DO UPDATE
    SET
        track_count = kept.track_count + excluded.track_count,
        updated_at = greatest(kept.updated_at, excluded.updated_at)
    RETURNING xmax = 0 AS is_new
)
SELECT
    (SELECT count(*) FROM plays WHERE id > %(after)s AND id <= %(upto)s) AS rows_read,
    count(*) FILTER (WHERE is_new) AS inserted,
    count(*) FILTER (WHERE NOT is_new) AS updated
FROM (
    SELECT is_new FROM counted_hours
    UNION ALL
    SELECT is_new FROM counted_tracks
) AS counted
