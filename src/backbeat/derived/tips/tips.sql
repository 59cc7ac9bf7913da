SELECT
    receiver_user_id,
    slot,
    sender_user_id,
    backbeat.sum_of_tips(sum(amount)) AS amount
FROM user_tips
WHERE amount > 0
GROUP BY receiver_user_id, slot, sender_user_id
