-- What holds for all that migrations made, looked up rather than listed: nobody else may use or call anything of ours,
-- trigger functions are not compiled in any session, and a reader, where the server has one, reads.
DO $$
DECLARE
    step text;
BEGIN
    FOR step IN
        SELECT format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', routine.oid::regprocedure)
        FROM pg_proc AS routine
        CROSS JOIN LATERAL aclexplode(coalesce(routine.proacl, acldefault('f', routine.proowner))) AS granted
        WHERE routine.pronamespace = 'backbeat'::regnamespace AND granted.grantee = 0
            AND pg_has_role(routine.proowner, 'USAGE')
        UNION ALL
        SELECT format('REVOKE ALL ON TYPE %s FROM PUBLIC', type.oid::regtype)
        FROM pg_type AS type
        CROSS JOIN LATERAL aclexplode(coalesce(type.typacl, acldefault('T', type.typowner))) AS granted
        WHERE type.typnamespace = 'backbeat'::regnamespace AND granted.grantee = 0
            AND type.typcategory <> 'A' AND pg_has_role(type.typowner, 'USAGE')
        UNION ALL
        SELECT format('ALTER FUNCTION %s SET jit = off', routine.oid::regprocedure)
        FROM pg_proc AS routine
        WHERE routine.pronamespace = 'backbeat'::regnamespace AND routine.prorettype = 'trigger'::regtype
            AND NOT coalesce(routine.proconfig, '{}') @> ARRAY['jit=off'] AND pg_has_role(routine.proowner, 'USAGE')
        UNION ALL
        SELECT wanted.step
        FROM pg_roles AS reader
        CROSS JOIN LATERAL (
            VALUES
                ('GRANT USAGE ON SCHEMA backbeat TO backbeat_reader'),
                ('GRANT SELECT ON ALL TABLES IN SCHEMA backbeat TO backbeat_reader'),
                ('GRANT EXECUTE ON ALL ROUTINES IN SCHEMA backbeat TO backbeat_reader'),
                ('ALTER DEFAULT PRIVILEGES IN SCHEMA backbeat GRANT SELECT ON TABLES TO backbeat_reader'),
                ('ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO backbeat_reader')
        ) AS wanted (step)
        WHERE reader.rolname = 'backbeat_reader'
        UNION ALL
        -- without it a reader is not told how big the database is
        SELECT format('GRANT CONNECT ON DATABASE %I TO backbeat_reader', database.datname)
        FROM pg_roles AS reader
        CROSS JOIN pg_database AS database
        WHERE reader.rolname = 'backbeat_reader' AND database.datname = current_database()
            AND pg_has_role(database.datdba, 'USAGE')
            AND NOT has_database_privilege(reader.oid, database.oid, 'CONNECT')
        UNION ALL
        SELECT format('GRANT SELECT ON %s TO backbeat_reader', class.oid::regclass)
        FROM pg_roles AS reader
        CROSS JOIN pg_class AS class
        WHERE reader.rolname = 'backbeat_reader' AND class.relnamespace = 'public'::regnamespace
            AND class.relkind IN ('r', 'p', 'v', 'm') AND pg_has_role(class.relowner, 'USAGE')
            AND NOT has_table_privilege(reader.oid, class.oid, 'SELECT')
    LOOP
        EXECUTE step;
    END LOOP;
END $$
