-- What a session has touched since it last reported to the statistics; it reports again when the transaction ends.
SELECT
    sum(pg_stat_get_xact_blocks_hit(oid))::bigint AS blocks_hit,
    sum(pg_stat_get_xact_blocks_fetched(oid) - pg_stat_get_xact_blocks_hit(oid))::bigint AS blocks_read,
    pg_stat_force_next_flush() AS reported
FROM pg_class
