-- A capture is a function and the triggers that call it, named by backbeat.capture_name(). Consumers of the stream may
-- have missed what the new text captures and the old one did not.
SELECT format('DROP FUNCTION %%s CASCADE', captured.oid::regprocedure)
FROM pg_proc AS captured
CROSS JOIN unnest(%(names)s::text[]) AS stream
WHERE
    captured.pronamespace = 'backbeat'::regnamespace
    AND captured.proname LIKE 'log\_%%\_to\_' || replace(stream, '_', '\_')
    AND captured.xmin::text <> pg_current_xact_id()::xid::text
UNION ALL
SELECT DISTINCT format('SELECT backbeat.log_everything(%%L)', consumer.stream)
FROM backbeat.consumers AS consumer
WHERE consumer.stream = ANY (%(names)s)
