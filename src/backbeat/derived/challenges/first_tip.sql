-- Judged by the state of the block at the tip's time, or of the first behind it in which the challenge is on.
WITH rule AS MATERIALIZED (
    SELECT
        active AND NOT is_gone AS is_on,
        from_time,
        starting_block,
        backbeat.audio(amount) AS amount,
        lead(from_time) OVER (ORDER BY from_block, from_play) AS until_time
    FROM backbeat.past_challenges
    WHERE challenge_id = 'ft'
),
sent AS MATERIALIZED (
    SELECT
        tip.sender_user_id,
        tip.slot,
        tip.signature,
        judged.at,
        judged.amount,
        -- what lies before histories begin is judged as of where they do
        greatest(backbeat.block_at(judged.at), (SELECT backbeat.history_floor())) AS judged_in
    FROM user_tips AS tip
    CROSS JOIN LATERAL (
        SELECT
            greatest(rule.from_time, tip.created_at) AS at,
            rule.amount,
            rule.starting_block
        FROM rule
        WHERE rule.is_on AND (rule.until_time IS NULL OR rule.until_time >= tip.created_at)
        ORDER BY rule.from_time
        LIMIT 1
    ) AS judged
    WHERE
        (%(keys)b::text [] IS NULL OR tip.sender_user_id = ANY (%(keys)b::text []::integer []))
        AND tip.slot >= coalesce(judged.starting_block, 0)
        AND tip.created_at <= %(now)s::timestamptz AT TIME ZONE 'UTC'
        AND (%(keys)b::text [] IS NOT NULL OR (tip.created_at >= backbeat.began_from_now('ft')) IS NOT FALSE)
        AND NOT EXISTS (
            SELECT FROM user_challenges AS done
            WHERE done.challenge_id = 'ft' AND done.specifier = to_hex(tip.sender_user_id)
        )
)
SELECT DISTINCT ON (tip.sender_user_id)
    'ft' AS challenge_id,
    to_hex(tip.sender_user_id) AS specifier,
    true AS is_complete,
    1 AS current_step_count,
    tip.judged_in AS completed_blocknumber,
    tip.amount,
    tip.at AS completed_at,
    tip.sender_user_id AS user_id,
    tip.at AT TIME ZONE 'UTC' AS created_at
FROM sent AS tip
WHERE
    NOT EXISTS (
        SELECT FROM backbeat.user_as_of(tip.sender_user_id, tip.judged_in) AS u WHERE u.is_deactivated
    )
ORDER BY tip.sender_user_id, tip.at, tip.slot, tip.signature
