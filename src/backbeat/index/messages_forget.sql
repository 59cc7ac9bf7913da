DELETE FROM backbeat.signed_messages
WHERE
    number = ANY (
        ARRAY(
            SELECT oldest.number
            FROM (
                SELECT number, seen_at
                FROM backbeat.signed_messages
                ORDER BY number
                LIMIT %(rows_max)s
            ) AS oldest
            WHERE oldest.number <= %(number)s OR oldest.seen_at < %(seen_at)s
        )
    )
