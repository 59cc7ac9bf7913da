SELECT
    reward.id AS challenge_id,
    start.first_run,
    start.caught_up_at IS NOT NULL AS caught_up,
    EXISTS (
        SELECT FROM backbeat.challenge_starts AS other WHERE other.challenge_id = ANY (%(ids)s::text [])
    ) AS others_began
FROM challenges AS reward
LEFT JOIN backbeat.challenge_starts AS start ON start.challenge_id = reward.id
WHERE reward.id = ANY (%(ids)s::text []) AND reward.active
ORDER BY reward.id
