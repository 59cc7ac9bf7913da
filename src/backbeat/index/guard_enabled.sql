-- A hash of the triggers that are enabled and of what they call, whosever they are; those of foreign keys are the server's own.
-- The statement that moves the cursor makes the same.
SELECT coalesce(hashtextextended(string_agg(oid::text || '.' || tgfoid::text, ',' ORDER BY oid), 0), 0)
FROM pg_trigger
WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')
