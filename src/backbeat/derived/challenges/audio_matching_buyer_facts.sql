SELECT
    'valid purchases of a dollar or more' AS fact,
    count(*)::text AS found,
    '1' AS wanted,
    count(*) > 0 AS holds
FROM v_usdc_purchases AS bought
WHERE bought.buyer_user_id = %(user_id)s::integer AND bought.amount - bought.extra_amount >= 1000000
