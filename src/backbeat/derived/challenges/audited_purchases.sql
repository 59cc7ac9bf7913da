-- What some users bought: keys of `b`.
SELECT bought.signature
FROM backbeat.matched_purchases AS bought
WHERE bought.buyer_user_id = ANY (%(keys)b::integer [])
