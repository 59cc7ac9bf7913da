SELECT
    current_setting('server_version') AS version,
    current_database() AS name,
    pg_database_size(current_database()) AS size_bytes,
    (SELECT coalesce(sum(numbackends), 0)::integer FROM pg_stat_database) AS connections,
    current_setting('max_connections')::integer AS connections_max,
    clock_timestamp() AS now
