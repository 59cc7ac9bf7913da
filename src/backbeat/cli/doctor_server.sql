WITH here AS (
    SELECT
        database.oid AS database_oid,
        role.oid AS role_oid,
        age(database.datfrozenxid) AS transactions_age
    FROM pg_database AS database, pg_roles AS role
    WHERE database.datname = current_database() AND role.rolname = current_user
)

SELECT
    current_setting('jit') = 'on' AS jit,
    pg_size_bytes(current_setting('max_wal_size')) AS wal_bytes,
    pg_size_bytes(current_setting('shared_buffers')) AS buffers_bytes,
    current_setting('wal_compression') AS wal_compression,
    current_setting('synchronous_commit') AS synchronous_commit,
    current_setting('fsync') = 'on' AS fsync,
    current_setting('full_page_writes') = 'on' AS full_page_writes,
    current_setting('autovacuum') = 'on' AS autovacuum,
    current_setting('track_counts') = 'on' AS track_counts,
    extract(epoch FROM current_setting('checkpoint_timeout')::interval)::double precision AS checkpoint_seconds,
    current_setting('checkpoint_completion_target')::double precision AS checkpoint_share,
    current_setting('temp_file_limit') AS temp_file_limit,
    here.transactions_age,
    (
        SELECT count(*)::integer FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND application_name NOT LIKE 'backbeat/%%'
    ) AS connections_of_others,
    current_setting('max_connections')::integer
        - current_setting('superuser_reserved_connections')::integer
        - coalesce(current_setting('reserved_connections', true)::integer, 0) AS connections_admitted,
    %(connections_wanted)s::integer AS connections_wanted,
    array(
        SELECT unnest(setting.setconfig)
        FROM pg_db_role_setting AS setting
        WHERE setting.setdatabase IN (0, here.database_oid) AND setting.setrole IN (0, here.role_oid)
    ) AS settings_of_role,
    array(
        SELECT slot.slot_name
        FROM pg_replication_slots AS slot
        WHERE
            slot.wal_status IN ('extended', 'unreserved')
            OR NOT pg_is_in_recovery()
            AND pg_wal_lsn_diff(
                CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn() END, slot.restart_lsn
            ) > %(slot_bytes_max)s::bigint
    ) AS slots_keeping_wal,
    (
        SELECT coalesce(max(extract(epoch FROM clock_timestamp() - prepared)), 0)::double precision
        FROM pg_prepared_xacts WHERE database = current_database()
    ) AS prepared_seconds
FROM here
