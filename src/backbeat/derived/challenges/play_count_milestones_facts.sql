SELECT
    'plays of own tracks since 2025' AS fact,
    counted.plays::text AS found,
    reward.step_count::text AS wanted,
    counted.plays >= reward.step_count AS holds
FROM challenges AS reward
CROSS JOIN LATERAL (
    SELECT coalesce(sum(monthly.count), 0) AS plays
    FROM tracks AS t
    JOIN aggregate_monthly_plays AS monthly
        ON monthly.play_item_id = t.track_id AND monthly.timestamp >= '2025-01-01'
    WHERE t.owner_id = %(user_id)s::integer AND t.is_current AND NOT t.is_delete
) AS counted
WHERE reward.id = %(challenge_id)s::text
