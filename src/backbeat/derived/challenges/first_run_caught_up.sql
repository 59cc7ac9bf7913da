-- What goes in batches is through once its position is where the chain stood when it began.
UPDATE backbeat.challenge_starts AS start
SET caught_up_at = clock_timestamp()
WHERE
    start.challenge_id = ANY (%(ids)s::text []) AND start.caught_up_at IS NULL
    AND NOT EXISTS (
        SELECT FROM indexing_checkpoints AS reached
        WHERE reached.tablename = %(checkpoint)s::text AND reached.last_checkpoint < start.play_id
    )
