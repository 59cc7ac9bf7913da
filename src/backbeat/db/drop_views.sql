-- In one statement, so that views which read each other may go in any order. A materialized view stays: its rows are
-- dear, and in an adopted database it is another program's.
SELECT 'DROP VIEW ' || string_agg(oid::regclass::text, ', ')
FROM pg_class
WHERE relnamespace = 'backbeat'::regnamespace AND relkind = 'v' AND relname = ANY (%(names)s)
HAVING count(*) > 0
