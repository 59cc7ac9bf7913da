-- Challenges that are on, or were: by what holds for the newest block.
SELECT
    begun.challenge_id,
    start.first_run,
    start.caught_up_at IS NOT NULL AS caught_up,
    EXISTS (
        SELECT FROM backbeat.challenge_starts AS other WHERE other.challenge_id = ANY (%(ids)s::text [])
    ) AS others_began
FROM (
    SELECT DISTINCT terms.challenge_id
    FROM backbeat.challenge_terms AS terms
    WHERE
        terms.challenge_id = ANY (%(ids)s::text [])
        AND terms.from_block <= coalesce((SELECT frontier.block_number FROM backbeat.frontier), 0)
) AS begun
LEFT JOIN backbeat.challenge_starts AS start ON start.challenge_id = begun.challenge_id
ORDER BY begun.challenge_id
