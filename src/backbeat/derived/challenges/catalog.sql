SELECT
    id,
    backbeat.audio(amount) AS amount,
    step_count,
    starting_block
FROM challenges
WHERE id = ANY (%(ids)s::text []) AND active
ORDER BY id
