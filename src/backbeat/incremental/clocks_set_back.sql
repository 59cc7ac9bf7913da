-- Positions in time that are ahead of the clock as well as of the chain by more than an hour: the clock was wrong when they
-- moved. Until it comes to them nothing would be due, and all that is as of now would be as of then. They go back by four days,
-- longer than anything is told after it fell due, and who remembers a definition computes everything again.
UPDATE backbeat.clocks AS kept
SET
    reached_at = latest.instant - interval '4 days',
    signature = CASE WHEN kept.signature IS NOT NULL THEN 'a clock was ahead' END,
    updated_at = clock_timestamp()
FROM (
    SELECT greatest(statement_timestamp(), max(newest.block_time) AT TIME ZONE 'UTC') AS instant
    FROM backbeat.cursor AS newest
) AS latest
WHERE kept.reached_at > latest.instant + interval '1 hour'
RETURNING kept.name
