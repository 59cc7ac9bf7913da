SELECT format('DROP FUNCTION %%s', oid::regprocedure)
FROM pg_proc
WHERE
    pronamespace = 'backbeat'::regnamespace
    AND proname = ANY (%(names)s)
    AND xmin::text <> pg_current_xact_id()::xid::text
