-- A hash of the triggers that are enabled and of what they call, whosever they are; those of foreign keys are the server's own.
-- The statement that moves the cursor makes the same.
SELECT coalesce(bit_xor(hashint8extended((oid::bigint << 32) | tgfoid::bigint, 0)), 0)
FROM pg_trigger
WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')
