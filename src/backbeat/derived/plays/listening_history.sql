-- From the plays up to "upto" and the sums of those that are gone. What is stored counts only where a list was cut.
WITH told AS (
    SELECT
        user_id,
        play_item_id AS track_id,
        max(created_at) AS played_at,
        count(*) AS play_count
    FROM plays
    WHERE
        id <= %(upto)s AND user_id IS NOT NULL
        AND (%(keys)b::integer [] IS NULL OR user_id = ANY (%(keys)b::integer []))
    GROUP BY user_id, play_item_id
    UNION ALL
    SELECT
        user_id,
        track_id,
        played_at,
        plays
    FROM backbeat.pruned_listens
    WHERE %(keys)b::integer [] IS NULL OR user_id = ANY (%(keys)b::integer [])
),
played AS (
    SELECT
        user_id,
        track_id,
        max(played_at) AS played_at,
        sum(play_count)::bigint AS play_count,
        count(*) OVER (PARTITION BY user_id) > 1000 AS was_cut
    FROM told
    GROUP BY user_id, track_id
),
stored AS (
    SELECT
        at.user_id,
        entry.track_id,
        entry.play_count,
        entry.written
    FROM user_listening_history AS at
    CROSS JOIN LATERAL backbeat.listening_entries(at.listening_history) AS entry
    WHERE %(keys)b::integer [] IS NULL OR at.user_id = ANY (%(keys)b::integer [])
),
known AS (
    SELECT
        user_id,
        track_id,
        played.played_at,
        CASE
            WHEN played.was_cut AND stored.play_count BETWEEN 1 AND played.play_count THEN stored.play_count
            ELSE played.play_count
        END AS play_count,
        stored.written
    FROM played
    LEFT JOIN stored USING (user_id, track_id)
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
