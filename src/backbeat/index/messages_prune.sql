DELETE FROM backbeat.signed_messages
WHERE
    number = ANY (
        ARRAY(
            SELECT oldest.number
            FROM backbeat.signed_messages AS oldest
            ORDER BY oldest.number
            LIMIT %(rows_max)s
        )
    )
    AND (number <= %(number)s OR seen_at < %(seen_at)s)
