-- Who heard what no play tells of any more, where plays went of which there is no sum.
SELECT DISTINCT
    untold.user_id,
    'plays_lost' AS reason
FROM backbeat.listens_untold AS untold
JOIN backbeat.pruned_plays AS noted ON noted.truncated_at IS NOT NULL OR noted.lost_hours > 0
WHERE untold.user_id = ANY (%(keys)b::integer []) AND untold.is_past
