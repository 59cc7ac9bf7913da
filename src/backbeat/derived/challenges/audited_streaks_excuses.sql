-- Listeners of whom plays are gone: in which order, and when, is in no sum; and streaks of which another program kept no
-- beginning.
SELECT
    asked.user_id,
    CASE WHEN gone.user_id IS NULL THEN 'plays_lost' ELSE 'plays_pruned' END AS reason
FROM unnest(%(keys)b::integer []) AS asked (user_id)
LEFT JOIN LATERAL (
    SELECT kept.user_id FROM backbeat.pruned_listens AS kept WHERE kept.user_id = asked.user_id LIMIT 1
) AS gone ON true
LEFT JOIN backbeat.pruned_plays AS noted ON true
WHERE gone.user_id IS NOT NULL OR noted.truncated_at IS NOT NULL OR noted.lost_hours > 0
UNION ALL
SELECT
    kept.user_id,
    'before_histories' AS reason
FROM challenge_listen_streak AS kept
WHERE kept.user_id = ANY (%(keys)b::integer []) AND kept.began_at IS NULL AND backbeat.history_floor() > 0
