-- What this session has touched and reported since it began; nothing behind a pooler, which gives others' sessions away.
SELECT
    coalesce(sum(hits), 0)::bigint AS blocks_hit,
    (coalesce(sum(read_bytes), 0) / current_setting('block_size')::integer)::bigint AS blocks_read,
    (SELECT wal_bytes FROM pg_stat_get_backend_wal(pg_backend_pid()))::bigint AS wal_bytes
FROM pg_stat_get_backend_io(pg_backend_pid())
WHERE object <> 'wal'
HAVING pg_backend_pid() = %(pid)s
