SELECT
    current_setting('server_version_num')::integer AS version_number,
    current_setting('server_version') AS version,
    current_setting('max_connections')::integer AS connections_max,
    current_setting('superuser_reserved_connections')::integer
        + coalesce(current_setting('reserved_connections', true)::integer, 0) AS reserved,
    role.rolconnlimit AS role_connections_max,
    database.datconnlimit AS database_connections_max,
    coalesce(current_setting('backbeat.session', true), '') <> 'own' AS pooled
FROM pg_roles AS role, pg_database AS database
WHERE role.rolname = current_user AND database.datname = current_database()
