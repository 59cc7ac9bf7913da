-- Once plays have been pruned, what they say is only a part, and what is stored survives beside it.
WITH pruned AS (
    SELECT EXISTS (SELECT FROM indexing_checkpoints WHERE tablename = 'plays_pruned_until') AS plays_are
),
played AS (
    SELECT
        user_id,
        play_item_id AS track_id,
        max(created_at) AS played_at,
        count(*) AS play_count,
        count(*) OVER (PARTITION BY user_id) > 1000 AS was_cut
    FROM plays
    WHERE id <= %(upto)s AND user_id IS NOT NULL
    GROUP BY user_id, play_item_id
),
stored AS (
    SELECT
        at.user_id,
        entry.track_id,
        entry.played_at,
        entry.play_count,
        entry.written
    FROM user_listening_history AS at
    CROSS JOIN LATERAL backbeat.listening_entries(at.listening_history) AS entry
),
known AS (
    SELECT
        user_id,
        track_id,
        CASE WHEN pruned.plays_are THEN greatest(stored.played_at, played.played_at) ELSE played.played_at END AS played_at,
        CASE
            WHEN played.play_count IS NULL THEN stored.play_count
            WHEN pruned.plays_are AND played.was_cut THEN coalesce(stored.play_count, played.play_count)
            WHEN pruned.plays_are THEN greatest(stored.play_count, played.play_count)
            WHEN played.was_cut AND stored.play_count BETWEEN 1 AND played.play_count THEN stored.play_count
            ELSE played.play_count
        END AS play_count,
        stored.written
    FROM stored
    FULL JOIN played USING (user_id, track_id)
    CROSS JOIN pruned
    WHERE played.user_id IS NOT NULL OR pruned.plays_are
),
ranked AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY user_id ORDER BY played_at DESC NULLS LAST, track_id DESC) AS place
    FROM known
)
SELECT
    user_id,
    jsonb_agg(backbeat.listening_entry(track_id, played_at, play_count, written) ORDER BY place) AS listening_history
FROM ranked
WHERE place <= 1000
GROUP BY user_id
