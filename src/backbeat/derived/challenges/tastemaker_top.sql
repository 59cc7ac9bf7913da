-- The ten are read only while the challenge is active; both are NULL while it is not.
SELECT
    reward.amount,
    CASE
        WHEN reward.amount IS NOT NULL
            THEN ARRAY(
                SELECT best.track_id
                FROM (
                    SELECT track_id
                    FROM backbeat.trending_week_tracks
                    ORDER BY magnitude DESC, score DESC, track_id DESC
                    LIMIT 10
                ) AS best
                ORDER BY best.track_id
            )
    END AS tracks
FROM (VALUES ('t')) AS asked (id)
LEFT JOIN (
    SELECT
        id,
        backbeat.audio(amount) AS amount
    FROM challenges
    WHERE active
) AS reward ON reward.id = asked.id
