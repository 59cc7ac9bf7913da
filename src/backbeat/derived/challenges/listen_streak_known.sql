-- Up to when it is known who listened: the newest block's time; while `e` counts plays, not past the first that it has still
-- to count. NULL before the first block.
SELECT
    least(
        reached.block_time,
        (
            SELECT uncounted.created_at
            FROM plays AS uncounted
            WHERE
                uncounted.id > coalesce((
                    SELECT counted.last_checkpoint
                    FROM indexing_checkpoints AS counted
                    WHERE counted.tablename = %(counted)s
                ), 0)
                AND uncounted.id <= reached.play_id
                AND EXISTS (SELECT FROM challenges WHERE id = 'e' AND active)
            ORDER BY uncounted.id
            LIMIT 1
        )
    )
FROM backbeat.frontier AS reached
