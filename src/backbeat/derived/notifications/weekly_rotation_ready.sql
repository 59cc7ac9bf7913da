-- No row before the first play is counted, nor while all plays are gone through.
SELECT
    frontier.block_time >= %(opens_at)s::timestamp
    AND heard.last_checkpoint >= frontier.play_id - %(behind_max)s::bigint
FROM indexing_checkpoints AS heard
CROSS JOIN backbeat.frontier
WHERE
    heard.tablename = %(plays)s::text
    AND NOT EXISTS (
        SELECT FROM backbeat.rounds AS sweep
        WHERE sweep.name = %(sweep)s::text AND sweep.after_key <> %(end)s::bigint
    )
