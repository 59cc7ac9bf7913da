SELECT
    'valid purchases of a dollar or more' AS fact,
    count(DISTINCT bought.signature)::text AS found,
    '1' AS wanted,
    count(*) > 0 AS holds
FROM backbeat.matched_purchases AS bought
WHERE bought.buyer_user_id = %(user_id)s::integer
