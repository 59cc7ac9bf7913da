-- Hours up to which plays are known to be gone: their sums know how often a user heard a track, and not in which hours.
SELECT
    kept.user_id,
    kept.hour,
    'plays_pruned' AS reason
FROM backbeat.listened_hours AS kept
JOIN backbeat.pruned_plays AS noted ON noted.plays > 0 OR noted.truncated_at IS NOT NULL OR noted.lost_hours > 0
CROSS JOIN backbeat.plays_gone AS gone
WHERE kept.user_id = ANY (%(keys)b::integer []) AND kept.hour <= gone.hour
