WITH window_rows AS (
    SELECT count(*) AS rows_read FROM plays WHERE id > %(after)s AND id <= %(upto)s
),
played AS (
    SELECT
        user_id,
        play_item_id AS track_id,
        max(created_at) AS played_at,
        count(*) AS play_count
    FROM plays
    WHERE id > %(after)s AND id <= %(upto)s AND user_id IS NOT NULL
    GROUP BY user_id, play_item_id
),
stored AS (
    SELECT
        at.user_id,
        entry.track_id,
        entry.played_at,
        entry.play_count,
        entry.written
    FROM (SELECT DISTINCT user_id FROM played) AS listener
    JOIN user_listening_history AS at ON at.user_id = listener.user_id
    CROSS JOIN LATERAL backbeat.listening_entries(at.listening_history) AS entry
),
merged AS (
    SELECT
        user_id,
        track_id,
        greatest(stored.played_at, played.played_at) AS played_at,
        coalesce(stored.play_count, 0) + coalesce(played.play_count, 0) AS play_count,
        stored.written
    FROM stored
    FULL JOIN played USING (user_id, track_id)
),
ranked AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY user_id ORDER BY played_at DESC NULLS LAST, track_id DESC) AS place
    FROM merged
),
fresh AS MATERIALIZED (
    SELECT
        user_id,
        jsonb_agg(backbeat.listening_entry(track_id, played_at, play_count, written) ORDER BY place)
            AS listening_history
    FROM ranked
    WHERE place <= 1000
    GROUP BY user_id
),
updated AS (
    UPDATE user_listening_history AS at
    SET listening_history = fresh.listening_history
    FROM fresh
    WHERE at.user_id = fresh.user_id AND at.listening_history IS DISTINCT FROM fresh.listening_history
    RETURNING 1
),
inserted AS (
    INSERT INTO user_listening_history (user_id, listening_history)
    SELECT
        user_id,
        listening_history
    FROM fresh
    WHERE NOT EXISTS (SELECT FROM user_listening_history AS at WHERE at.user_id = fresh.user_id)
    ORDER BY user_id
    RETURNING 1
)
SELECT
    (SELECT rows_read FROM window_rows) AS rows_read,
    (SELECT count(*) FROM inserted) AS inserted,
    (SELECT count(*) FROM updated) AS updated
