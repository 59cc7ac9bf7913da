WITH tier AS (
    -- each tier opens when the one below it is reached
    SELECT
        challenge_id,
        suffix,
        step_count,
        amount,
        lag(step_count, 1, 1) OVER (ORDER BY step_count, challenge_id) AS opens_at
    FROM unnest(
        %(tiers)s::text [], %(suffixes)s::text [], %(step_counts)s::integer [], %(amounts)s::integer []
    ) AS ladder (challenge_id, suffix, step_count, amount)
),
artist AS (
    SELECT u.user_id
    FROM users AS u
    WHERE
        (%(keys)b::integer [] IS NULL OR u.user_id = ANY (%(keys)b::integer []))
        AND backbeat.is_active(u) AND u.is_verified
        AND (
            SELECT count(*)
            FROM user_challenges AS done
            JOIN tier ON tier.challenge_id = done.challenge_id
            WHERE done.user_id = u.user_id AND done.is_complete
        ) < (SELECT count(*) FROM tier)
),
played AS (
    SELECT
        artist.user_id,
        sum(monthly.count) AS plays
    FROM artist
    JOIN tracks AS t ON t.owner_id = artist.user_id AND t.is_current AND NOT t.is_delete
    JOIN aggregate_monthly_plays AS monthly
        ON monthly.play_item_id = t.track_id AND monthly.timestamp >= '2025-01-01'
    GROUP BY artist.user_id
),
step AS (
    SELECT
        played.user_id,
        tier.*,
        least(played.plays, tier.step_count)::integer AS current_step_count,
        tier.step_count > 0 AND played.plays >= tier.step_count AS is_complete
    FROM played
    JOIN tier ON played.plays >= greatest(tier.opens_at, 1)
)
SELECT
    step.challenge_id,
    to_hex(step.user_id) || ':' || step.suffix AS specifier,
    step.is_complete,
    step.current_step_count,
    CASE WHEN step.is_complete THEN frontier.block_number END AS completed_blocknumber,
    step.amount,
    CASE WHEN step.is_complete THEN frontier.block_time END AS completed_at,
    step.user_id,
    frontier.block_time AT TIME ZONE 'UTC' AS created_at
FROM step
CROSS JOIN backbeat.frontier
