-- What each day earns: by the state of its block, or of the first behind it in which the challenge is on. A day on which the
-- listener is deactivated earns nothing, and the others are none the less of the same streak.
WITH rule AS MATERIALIZED (
    SELECT
        active AND NOT is_gone AS is_on,
        from_play,
        from_block,
        backbeat.audio(amount) AS amount,
        lead(from_play) OVER (ORDER BY from_play, from_block) AS until_play
    FROM backbeat.past_challenges
    WHERE challenge_id = 'e'
),
fresh AS (
    SELECT DISTINCT ON (day.specifier)
        day.*,
        judged.block_number AS judged_in,
        coalesce(day.amount, judged.amount) AS pays
    FROM unnest(
        %(specifier)s::text [],
        %(user_id)s::integer [],
        %(play_id)s::bigint [],
        %(block_number)s::integer [],
        %(steps)s::integer [],
        %(amount)s::integer [],
        %(began_at)s::timestamp [],
        %(completed_at)s::timestamp []
    ) AS day (specifier, user_id, play_id, block_number, steps, amount, began_at, completed_at)
    CROSS JOIN LATERAL (
        SELECT
            -- a block of plays alone has the number of the one before, and an edit behind that holds for its plays already
            CASE
                WHEN rule.from_play > day.play_id THEN greatest(rule.from_block, day.block_number)
                ELSE day.block_number
            END AS block_number,
            rule.amount
        FROM rule
        WHERE rule.is_on AND (rule.until_play IS NULL OR rule.until_play > day.play_id)
        ORDER BY rule.from_play, rule.from_block
        LIMIT 1
    ) AS judged
    WHERE
        NOT EXISTS (
            SELECT FROM backbeat.user_as_of(day.user_id, judged.block_number) AS u WHERE u.is_deactivated
        )
    ORDER BY day.specifier, day.steps DESC
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
        CASE WHEN completed_at IS NOT NULL THEN judged_in END,
        pays,
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
