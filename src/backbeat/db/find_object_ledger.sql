-- Not to_regclass(): within a transaction that waited for the lock it may still remember that there was no table.
SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'backbeat' AND tablename = 'objects')
