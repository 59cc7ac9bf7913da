SELECT
    %(blocks_hit)s::bigint AS blocks_hit,
    %(blocks_read)s::bigint AS blocks_read,
    %(wal_bytes)s::bigint AS wal_bytes
