SELECT
    tablename,
    last_checkpoint::bigint
FROM indexing_checkpoints
WHERE tablename = ANY (%(names)s::text [])
ORDER BY tablename
FOR UPDATE
