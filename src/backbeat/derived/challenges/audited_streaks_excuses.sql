-- Listeners of whom plays are gone: in which order, and when, is in no sum.
SELECT
    asked.user_id,
    CASE WHEN gone.user_id IS NULL THEN 'plays_lost' ELSE 'plays_pruned' END AS reason
FROM unnest(%(keys)b::integer []) AS asked (user_id)
LEFT JOIN LATERAL (
    SELECT kept.user_id FROM backbeat.pruned_listens AS kept WHERE kept.user_id = asked.user_id LIMIT 1
) AS gone ON true
LEFT JOIN backbeat.pruned_plays AS noted ON true
WHERE gone.user_id IS NOT NULL OR noted.truncated_at IS NOT NULL OR noted.lost_hours > 0
