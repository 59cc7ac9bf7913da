-- What a session has used since these counters were read. It rests, and all that it did is reported. NULL if it is gone.
SELECT
    sum(hits)::bigint - %(blocks_hit)s::bigint AS blocks_hit,
    (sum(coalesce(read_bytes, 0)) / current_setting('block_size')::integer)::bigint
    - %(blocks_read)s::bigint AS blocks_read,
    (SELECT wal_bytes FROM pg_stat_get_backend_wal(%(pid)s::integer))::bigint - %(wal_bytes)s::bigint AS wal_bytes
FROM pg_stat_get_backend_io(%(pid)s::integer)
WHERE object <> 'wal'
