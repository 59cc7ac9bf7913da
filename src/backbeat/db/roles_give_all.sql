-- Gives the owner all that the superuser made in the database. What belongs to something else follows it. The database
-- comes last: whose it is says whether this was done.
DO $$
DECLARE
    given text;
BEGIN
    FOR given IN
        SELECT format('SCHEMA %I', nspname)
        FROM pg_namespace
        WHERE nspowner = 'backbeat_bootstrap'::regrole AND nspname !~ '^pg_' AND nspname <> 'information_schema'
        UNION ALL
        SELECT format(
            '%s %s',
            CASE class.relkind
                WHEN 'v' THEN 'VIEW'
                WHEN 'm' THEN 'MATERIALIZED VIEW'
                WHEN 'S' THEN 'SEQUENCE'
                WHEN 'c' THEN 'TYPE'
                ELSE 'TABLE'
            END,
            class.oid::regclass
        )
        FROM pg_class AS class
        JOIN pg_namespace AS home ON home.oid = class.relnamespace
        WHERE class.relowner = 'backbeat_bootstrap'::regrole AND class.relkind IN ('r', 'p', 'v', 'm', 'S', 'c')
            AND home.nspname !~ '^pg_' AND home.nspname <> 'information_schema'
            AND NOT EXISTS (
                SELECT FROM pg_depend AS belongs
                WHERE belongs.classid = 'pg_class'::regclass AND belongs.objid = class.oid
                    AND belongs.refclassid = 'pg_class'::regclass AND belongs.deptype IN ('a', 'i')
            )
        UNION ALL
        SELECT format('ROUTINE %s', routine.oid::regprocedure)
        FROM pg_proc AS routine
        JOIN pg_namespace AS home ON home.oid = routine.pronamespace
        WHERE routine.proowner = 'backbeat_bootstrap'::regrole AND home.nspname !~ '^pg_'
            AND home.nspname <> 'information_schema'
        UNION ALL
        SELECT format('TYPE %s', type.oid::regtype)
        FROM pg_type AS type
        JOIN pg_namespace AS home ON home.oid = type.typnamespace
        WHERE type.typowner = 'backbeat_bootstrap'::regrole AND type.typtype IN ('e', 'd', 'r')
            AND home.nspname !~ '^pg_' AND home.nspname <> 'information_schema'
    LOOP
        EXECUTE format('ALTER %s OWNER TO backbeat', given);
    END LOOP;
    ALTER DATABASE backbeat OWNER TO backbeat;
END $$
