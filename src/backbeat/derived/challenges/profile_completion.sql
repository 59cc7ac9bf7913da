-- The step that completed a profile may be a follow, a repost or a save, so a row carries the block that it was seen at.
WITH profile AS (
    SELECT
        user_id,
        profile_description::integer + profile_name::integer + profile_picture::integer
        + profile_cover_photo::integer + follows::integer + favorites::integer + reposts::integer AS steps
    FROM backbeat.profile_steps AS at
    WHERE
        (%(keys)b::integer [] IS NULL OR user_id = ANY (%(keys)b::integer []))
        AND NOT EXISTS (
            SELECT FROM user_challenges AS done
            WHERE done.challenge_id = 'p' AND done.specifier = to_hex(at.user_id) AND done.is_complete
        )
),
judged AS (
    SELECT
        *,
        %(step_count)s::integer > 0 AND steps >= %(step_count)s::integer AS is_complete
    FROM profile
)
SELECT
    'p' AS challenge_id,
    to_hex(judged.user_id) AS specifier,
    judged.is_complete,
    judged.steps AS current_step_count,
    CASE WHEN judged.is_complete THEN frontier.block_number END AS completed_blocknumber,
    %(amount)s::integer AS amount,
    CASE WHEN judged.is_complete THEN frontier.block_time END AS completed_at,
    judged.user_id,
    frontier.block_time AT TIME ZONE 'UTC' AS created_at
FROM judged
CROSS JOIN backbeat.frontier
