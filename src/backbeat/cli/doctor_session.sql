SELECT
    current_setting('server_encoding') AS encoding,
    current_setting('timezone') AS timezone,
    clock_timestamp() AS now
