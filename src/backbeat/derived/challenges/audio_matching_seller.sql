WITH worth AS (
    SELECT DISTINCT ON (bought.buyer_user_id, bought.content_id)
        to_hex(bought.buyer_user_id) || ':' || to_hex(bought.content_id) AS specifier,
        bought.buyer_user_id,
        bought.seller_user_id,
        bought.created_at,
        backbeat.audio(reward.amount)::numeric * bought.dollars AS amount
    FROM backbeat.matched_purchases AS bought
    JOIN challenges AS reward ON reward.id = 's' AND reward.active
    JOIN users AS seller ON seller.user_id = bought.seller_user_id AND seller.is_current AND seller.is_verified
    WHERE
        (%(keys)b::text [] IS NULL OR bought.signature = ANY (%(keys)b::text []))
        AND bought.slot >= coalesce(reward.starting_block, 0)
        AND (bought.created_at <= %(now)s::timestamptz AT TIME ZONE 'UTC') IS NOT FALSE
        AND (%(keys)b::text [] IS NOT NULL OR (bought.created_at >= backbeat.began_from_now('s')) IS NOT FALSE)
        AND NOT EXISTS (
            SELECT FROM user_challenges AS done
            WHERE
                done.challenge_id = 's'
                AND done.specifier = to_hex(bought.buyer_user_id) || ':' || to_hex(bought.content_id)
        )
        AND NOT EXISTS (
            SELECT FROM backbeat.deactivated_users AS u WHERE u.user_id = bought.seller_user_id
        )
    ORDER BY bought.buyer_user_id, bought.content_id, bought.created_at, bought.slot, bought.signature, bought.dollars
)
SELECT
    's' AS challenge_id,
    worth.specifier,
    true AS is_complete,
    1 AS current_step_count,
    frontier.block_number AS completed_blocknumber,
    least(worth.amount, 2147483647)::integer AS amount,
    coalesce(worth.created_at, frontier.block_time) AS completed_at,
    worth.seller_user_id AS user_id,
    coalesce(worth.created_at, frontier.block_time) AT TIME ZONE 'UTC' AS created_at
FROM worth
CROSS JOIN backbeat.frontier
