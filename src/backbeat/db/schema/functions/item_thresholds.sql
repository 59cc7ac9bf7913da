-- inlined
CREATE OR REPLACE FUNCTION backbeat.item_thresholds() RETURNS bigint []
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT '{
        10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000
    }'::bigint[]
$$;

COMMENT ON FUNCTION backbeat.item_thresholds () IS
'The numbers of saves and reposts that are milestones (domain: chain and entities, 7.3, list L).';
