-- The first track or user that is not there, where the chain is not past the decision: it may come with a later block.
SELECT told.id, told.decided_at
FROM unnest(%(ids)s::integer [], %(instants)s::timestamptz []) AS told (id, decided_at)
LEFT JOIN backbeat.cursor AS indexed ON true
WHERE (indexed.block_time IS NULL OR told.decided_at > indexed.block_time AT TIME ZONE 'UTC')
    AND NOT EXISTS (SELECT FROM {table} AS item WHERE item.{id} = told.id AND item.is_current)
ORDER BY told.decided_at, told.id
LIMIT 1
