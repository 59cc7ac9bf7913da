SELECT
    'tips sent' AS fact,
    count(*)::text AS found,
    '1' AS wanted,
    count(*) > 0 AS holds
FROM user_tips AS tip
WHERE tip.sender_user_id = %(user_id)s::integer
