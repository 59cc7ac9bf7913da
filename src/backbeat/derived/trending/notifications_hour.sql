-- The full hour of the newest block, where an hour of the chain's time or more has passed since the last one told of.
SELECT date_trunc('hour', frontier.block_time) AS hour
FROM backbeat.frontier
LEFT JOIN backbeat.clocks AS kept ON kept.name = %(name)s::text
WHERE kept.name IS NULL OR frontier.block_time::timestamptz - kept.reached_at >= interval '1 hour'
