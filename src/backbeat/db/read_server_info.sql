SELECT
    current_setting('server_version_num')::integer AS version_number,
    current_setting('server_version') AS version,
    current_setting('max_connections')::integer AS connections_max,
    current_setting('superuser_reserved_connections')::integer
        + coalesce(current_setting('reserved_connections', true)::integer, 0) AS reserved,
    current_setting('server_encoding') AS encoding,
    current_setting('session_replication_role') AS replication_role,
    role.rolconnlimit AS role_connections_max,
    database.datconnlimit AS database_connections_max,
    coalesce(current_setting('backbeat.session', true), '') <> 'own' AS pooled,
    has_parameter_privilege('deadlock_timeout', 'SET') AS sets_deadlocks,
    -- by the catalogue: to_regclass would fail where this user may not use the schema
    EXISTS (
        SELECT FROM pg_class AS mode
        INNER JOIN pg_namespace AS schema ON schema.oid = mode.relnamespace
        WHERE
            schema.nspname = 'backbeat'
            AND mode.relname = 'beside'
            AND has_schema_privilege(schema.oid, 'USAGE')
            AND has_table_privilege(mode.oid, 'SELECT')
    ) AS may_be_beside,
    -- a reader that was granted nothing yet would only fail
    EXISTS (
        SELECT FROM pg_roles AS reader
        WHERE reader.rolname = 'backbeat_reader' AND pg_has_role(current_user, reader.oid, 'MEMBER')
            AND has_table_privilege(reader.oid, to_regclass('backbeat.cursor'), 'SELECT')
            AND has_database_privilege(reader.oid, database.oid, 'CONNECT')
    ) AS has_reader
FROM pg_roles AS role, pg_database AS database
WHERE role.rolname = current_user AND database.datname = current_database()
