-- Transactions that may have written what a look does not see: they hold a lock that a writer takes before it writes a row or
-- gets a number for one, and keeps until its end. To be asked behind the look; a prepared one keeps its lock and its name.
-- "among": those of an earlier answer that have not ended.
SELECT DISTINCT ON (held.virtualtransaction)
    held.virtualtransaction AS transaction,
    coalesce(session.pid, 0) AS pid,
    left(coalesce(session.application_name, ''), 64) AS application,
    coalesce(session.usename::text, '') AS "user",
    coalesce(session.state, '') AS state,
    session.xact_start AS since,
    held.relation::regclass::text AS relation
FROM pg_locks AS held
LEFT JOIN pg_stat_activity AS session ON session.pid = held.pid
WHERE
    held.locktype = 'relation'
    AND held.granted
    AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND held.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
    AND held.pid IS DISTINCT FROM pg_backend_pid()
    AND (%(among)s::text [] IS NULL OR held.virtualtransaction = ANY (%(among)s::text []))
    AND (
        held.relation = 'plays'::regclass
        OR held.relation = coalesce(pg_get_serial_sequence('plays', 'id')::regclass, to_regclass('plays_id_seq'))
        OR held.relation IN ('blocks'::regclass, 'core_indexed_blocks'::regclass)
        -- rows that blocks stamp, but for those that only tell of others
        OR held.relation <> 'notification'::regclass AND EXISTS (
            SELECT FROM pg_attribute AS stamp
            WHERE stamp.attrelid = held.relation AND stamp.attname = 'blocknumber' AND NOT stamp.attisdropped
        )
    )
ORDER BY held.virtualtransaction, held.relation
