SELECT
    current_setting('server_encoding') AS encoding,
    current_setting('timezone') AS timezone,
    clock_timestamp() AS now,
    pg_is_in_recovery() AS is_standby,
    current_setting('transaction_read_only')::boolean AS is_read_only
