-- When the other indexer last wrote a score among the best of the week, and of how many completed rewards whose cooldown is
-- over nobody was told there, five hundred at most: so many stand in the way of all others.
SELECT
    (
        SELECT max(best.created_at)
        FROM (
            SELECT scored.created_at
            FROM track_trending_scores AS scored
            WHERE scored.type = 'TRACKS' AND scored.version = 'pnagD' AND scored.time_range = 'week'
            ORDER BY scored.score DESC, scored.track_id DESC
            LIMIT 100
        ) AS best
    ) AS trended_at,
    (
        SELECT count(*)
        FROM (
            SELECT
            FROM user_challenges AS earned
            JOIN challenges AS rule ON rule.id = earned.challenge_id AND rule.cooldown_days = 7
            WHERE earned.is_complete
                AND earned.completed_at >= '2024-06-06' AND earned.completed_at < %(now)s::timestamp - interval '7 days'
                AND NOT EXISTS (
                    SELECT FROM challenge_disbursements AS paid
                    WHERE paid.challenge_id = earned.challenge_id AND paid.specifier = earned.specifier
                )
                AND NOT EXISTS (
                    SELECT FROM notification AS told
                    WHERE told.specifier = earned.specifier
                        AND told.group_id = 'claimable_reward:' || earned.user_id || ':challenge:' || earned.challenge_id
                            || ':specifier:' || earned.specifier
                )
            LIMIT 500
        ) AS untold
    ) AS untold
