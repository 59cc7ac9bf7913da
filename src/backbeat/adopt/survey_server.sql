SELECT
    current_setting('server_version_num')::integer AS version_number,
    current_database()::text AS database,
    current_user::text AS role,
    pg_is_in_recovery() AS is_standby,
    has_database_privilege(current_database(), 'CREATE')
        AND has_schema_privilege('public', 'CREATE') AS may_create,
    ARRAY(
        SELECT relname::text
        FROM pg_class
        WHERE
            relnamespace = 'public'::regnamespace
            AND relkind IN ('r', 'p')
            AND relname = ANY (%(tables)s::text[])
            AND NOT pg_has_role(relowner, 'USAGE')
        ORDER BY relname
    ) AS not_owned,
    ARRAY(
        SELECT relname::text
        FROM pg_class
        WHERE
            relnamespace = 'public'::regnamespace
            AND relkind IN ('r', 'p')
            AND relname IN (
                'alembic_version', 'schema_version', 'schema_migrations', 'etl_db_migrations', 'core_db_migrations',
                'core_indexed_blocks', 'etl_blocks'
            )
        ORDER BY relname
    ) AS ledgers
