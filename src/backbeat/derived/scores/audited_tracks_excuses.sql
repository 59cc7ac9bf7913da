-- Tracks of who may have heard them in plays of which there is no sum.
SELECT
    kept.user_id,
    kept.track_id,
    'plays_lost' AS reason
FROM backbeat.listened_tracks AS kept
JOIN backbeat.pruned_plays AS noted ON noted.truncated_at IS NOT NULL OR noted.lost_hours > 0
WHERE kept.user_id = ANY (%(keys)b::integer [])
