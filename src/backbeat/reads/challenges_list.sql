SELECT
    reward.id,
    reward.type::text,
    reward.active,
    reward.amount,
    reward.step_count,
    reward.starting_block,
    reward.cooldown_days,
    min(start.first_run) AS first_run,
    count(*) FILTER (WHERE earned.is_complete) AS complete,
    count(*) FILTER (WHERE NOT earned.is_complete) AS incomplete
FROM challenges AS reward
LEFT JOIN user_challenges AS earned ON earned.challenge_id = reward.id
LEFT JOIN backbeat.challenge_starts AS start ON start.challenge_id = reward.id
GROUP BY reward.id
ORDER BY reward.id
