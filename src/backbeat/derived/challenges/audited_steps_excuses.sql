-- Deactivated users: their rows stay as they were.
SELECT
    kept.user_id,
    'kept_without_cause' AS reason
FROM challenge_profile_completion AS kept
JOIN backbeat.deactivated_users AS gone ON gone.user_id = kept.user_id
WHERE kept.user_id = ANY (%(keys)b::integer [])
