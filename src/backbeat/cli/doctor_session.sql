SELECT
    clock_timestamp() AS now,
    pg_is_in_recovery() AS is_standby
