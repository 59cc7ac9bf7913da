SELECT message, number, seen_at, height, tx_index
FROM backbeat.signed_messages
WHERE message = ANY (%(messages)b)
