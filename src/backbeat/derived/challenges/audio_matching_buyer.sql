-- Judged by the state of the block at the purchase's time, or of the first behind it in which the challenge is on: whose
-- the content is, and whether the buyer is active.
WITH rule AS MATERIALIZED (
    SELECT
        active AND NOT is_gone AS is_on,
        from_time,
        starting_block,
        backbeat.audio(amount) AS amount,
        lead(from_time) OVER (ORDER BY from_block, from_play) AS until_time
    FROM backbeat.past_challenges
    WHERE challenge_id = 'b'
),
bought AS MATERIALIZED (
    SELECT
        made.*,
        judged.at,
        judged.amount,
        -- what lies before histories begin is judged as of where they do
        greatest(backbeat.block_at(judged.at), (SELECT backbeat.history_floor())) AS judged_in
    FROM backbeat.matched_purchases AS made
    CROSS JOIN backbeat.frontier
    CROSS JOIN LATERAL (
        SELECT
            greatest(rule.from_time, coalesce(made.created_at, frontier.block_time)) AS at,
            rule.amount,
            rule.starting_block
        FROM rule
        WHERE
            rule.is_on
            AND (rule.until_time IS NULL OR rule.until_time >= coalesce(made.created_at, frontier.block_time))
        ORDER BY rule.from_time
        LIMIT 1
    ) AS judged
    WHERE
        (%(keys)b::text [] IS NULL OR made.signature = ANY (%(keys)b::text []))
        AND made.slot >= coalesce(judged.starting_block, 0)
        AND (made.created_at <= %(now)s::timestamptz AT TIME ZONE 'UTC') IS NOT FALSE
        AND (%(keys)b::text [] IS NOT NULL OR (made.created_at >= backbeat.began_from_now('b')) IS NOT FALSE)
        AND NOT EXISTS (
            SELECT FROM user_challenges AS done
            WHERE
                done.challenge_id = 'b'
                AND done.specifier = to_hex(made.buyer_user_id) || ':' || to_hex(made.content_id)
        )
),
sold AS MATERIALIZED (
    SELECT
        bought.*,
        coalesce(
            bought.named_seller_id, backbeat.seller_as_of(bought.content_type, bought.content_id, bought.judged_in)
        ) AS seller_user_id
    FROM bought
),
worth AS (
    SELECT DISTINCT ON (bought.buyer_user_id, bought.content_id)
        to_hex(bought.buyer_user_id) || ':' || to_hex(bought.content_id) AS specifier,
        bought.buyer_user_id AS user_id,
        bought.judged_in,
        bought.at,
        bought.amount::numeric * bought.dollars AS amount
    FROM sold AS bought
    WHERE
        bought.seller_user_id IS NOT NULL
        AND NOT EXISTS (
            SELECT FROM backbeat.user_as_of(bought.buyer_user_id, bought.judged_in) AS u WHERE u.is_deactivated
        )
    ORDER BY
        bought.buyer_user_id, bought.content_id, bought.at, bought.created_at, bought.slot, bought.signature, bought.dollars
)
SELECT
    'b' AS challenge_id,
    worth.specifier,
    true AS is_complete,
    1 AS current_step_count,
    worth.judged_in AS completed_blocknumber,
    least(worth.amount, 2147483647)::integer AS amount,
    worth.at AS completed_at,
    worth.user_id,
    worth.at AT TIME ZONE 'UTC' AS created_at
FROM worth
