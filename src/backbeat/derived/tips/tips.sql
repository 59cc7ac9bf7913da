SELECT
    receiver_user_id,
    slot,
    sender_user_id,
    sum(amount)::bigint AS amount
FROM user_tips
WHERE amount > 0
GROUP BY receiver_user_id, slot, sender_user_id
