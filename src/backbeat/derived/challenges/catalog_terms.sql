SELECT
    terms.amount,
    terms.step_count,
    terms.starting_block,
    CASE WHEN terms.until_block <= reached.block_number THEN terms.until_block - 1 END AS last_block
FROM (
    SELECT coalesce((SELECT frontier.block_number FROM backbeat.frontier), 0) AS block_number
) AS reached
JOIN backbeat.challenge_terms AS terms
    ON terms.challenge_id = %(challenge_id)s::text AND terms.from_block <= reached.block_number
ORDER BY terms.from_block DESC
LIMIT 1
