-- The tiers that count for the newest block.
SELECT
    rule.challenge_id,
    rule.step_count,
    backbeat.audio(rule.amount) AS amount
FROM (SELECT coalesce((SELECT frontier.block_number FROM backbeat.frontier), 0) AS block_number) AS reached
CROSS JOIN unnest(%(ids)s::text []) AS tier (challenge_id)
CROSS JOIN LATERAL backbeat.rule_as_of(tier.challenge_id, reached.block_number) AS rule
WHERE rule.active AND rule.step_count IS NOT NULL
ORDER BY rule.challenge_id
