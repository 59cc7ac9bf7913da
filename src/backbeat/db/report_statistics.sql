SELECT
    NOT (
        pg_is_in_recovery()
        OR (
            current_setting('transaction_read_only')::boolean
            AND coalesce(current_setting('backbeat.session', true), '') = 'own'
        )
    ) AS can_write,
    pg_stat_force_next_flush() AS reported
