WITH fresh AS (
    SELECT
        day.*,
        frontier.block_number
    FROM unnest(
        %(specifier)s::text [],
        %(user_id)s::integer [],
        %(steps)s::integer [],
        %(amount)s::integer [],
        %(began_at)s::timestamp [],
        %(completed_at)s::timestamp []
    ) AS day (specifier, user_id, steps, amount, began_at, completed_at)
    CROSS JOIN backbeat.frontier
    WHERE
        NOT EXISTS (
            SELECT FROM backbeat.deactivated_users AS u WHERE u.user_id = day.user_id
        )
),
written AS (
    INSERT INTO user_challenges AS kept (
        challenge_id, user_id, specifier, is_complete, current_step_count, completed_blocknumber, amount, created_at,
        completed_at
    )
    SELECT
        'e',
        user_id,
        specifier,
        completed_at IS NOT NULL,
        steps,
        CASE WHEN completed_at IS NOT NULL THEN block_number END,
        amount,
        began_at AT TIME ZONE 'UTC',
        completed_at
    FROM fresh
    ORDER BY specifier
    ON CONFLICT (challenge_id, specifier) DO UPDATE
    SET
        is_complete = excluded.is_complete,
        current_step_count = excluded.current_step_count,
        completed_blocknumber = excluded.completed_blocknumber,
        amount = excluded.amount,
        completed_at = excluded.completed_at
    WHERE NOT kept.is_complete AND kept.user_id = excluded.user_id
    RETURNING xmax = 0 AS is_new
)
SELECT
    count(*) FILTER (WHERE is_new) AS inserted,
    count(*) FILTER (WHERE NOT is_new) AS updated
FROM written
