CREATE OR REPLACE FUNCTION backbeat.timeline() RETURNS integer
LANGUAGE sql VOLATILE AS $$
    SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer
$$;

COMMENT ON FUNCTION backbeat.timeline () IS 'The timeline that is written now; fails on a standby.';
