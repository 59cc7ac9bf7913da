-- Triggers that run for each row and are enabled, whosever they are; those of foreign keys are the server's own.
SELECT oid::bigint
FROM pg_trigger
WHERE tgtype & 1 = 1 AND NOT tgisinternal AND tgenabled IN ('O', 'A')
