-- The last play in whose block the challenge was on; "beyond" while it is on. An edit holds from the next block on.
SELECT max(coalesce(rule.until_play - 1, %(beyond)s))
FROM (
    SELECT
        active AND NOT is_gone AS is_on,
        from_block,
        lead(from_play) OVER (ORDER BY from_play, from_block) AS until_play
    FROM backbeat.past_challenges
    WHERE challenge_id = 'e'
) AS rule
WHERE rule.is_on AND rule.from_block <= coalesce((SELECT frontier.block_number FROM backbeat.frontier), 0)
