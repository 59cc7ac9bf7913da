-- Whether any reward can be claimed that is not decided about: one probe of the index for each challenge.
SELECT EXISTS (
    SELECT
    FROM challenges AS reward
    CROSS JOIN LATERAL (
        SELECT
        FROM backbeat.cooldowns AS waiting
        WHERE
            waiting.challenge_id = reward.id
            AND waiting.completed_at < backbeat.claimable_edge(reward, %(now)s::timestamp)
        ORDER BY waiting.completed_at
        LIMIT 1
    ) AS first
)
