-- The plays of some listeners that a streak counts, in the order in which it does: up to "upto", and believed.
SELECT
    play.user_id,
    play.created_at
FROM plays AS play
CROSS JOIN backbeat.frontier
WHERE
    play.user_id = ANY (%(keys)b::integer []) AND play.id <= %(upto)s
    AND play.id > coalesce((
        SELECT begun.play_id FROM backbeat.challenge_starts AS begun
        WHERE begun.challenge_id = 'e' AND begun.first_run = 'from_now'
    ), -1)
    AND play.created_at BETWEEN timestamp '0001-01-01' AND frontier.block_time + %(ahead_max)s::interval
ORDER BY play.user_id, play.id
