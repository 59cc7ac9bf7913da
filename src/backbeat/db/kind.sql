-- What tells whose a database is, from catalogues alone and at one instant: another process may be migrating meanwhile.
WITH seen AS MATERIALIZED (
    SELECT class.relname, home.nspname
    FROM pg_class AS class
    JOIN pg_namespace AS home ON home.oid = class.relnamespace
    WHERE class.relkind IN ('r', 'p', 'v', 'm', 'f')
        AND (home.nspname = 'backbeat' OR home.nspname = ANY (current_schemas(false)))
)
SELECT
    current_database() AS database,
    EXISTS (SELECT FROM seen WHERE nspname = 'backbeat' AND relname = 'migrations') AS has_ledger,
    EXISTS (SELECT FROM seen WHERE nspname = 'backbeat' AND relname = 'adoption_steps') AS has_steps,
    ARRAY(
        SELECT listed.name
        FROM unnest(%(ledgers)s::text []) WITH ORDINALITY AS listed (name, place)
        WHERE EXISTS (SELECT FROM seen WHERE nspname <> 'backbeat' AND relname = listed.name)
        ORDER BY listed.place
    ) AS ledgers,
    ARRAY(
        SELECT listed.name
        FROM unnest(%(tables)s::text []) WITH ORDINALITY AS listed (name, place)
        WHERE EXISTS (SELECT FROM seen WHERE nspname <> 'backbeat' AND relname = listed.name)
        ORDER BY listed.place
    ) AS tables
