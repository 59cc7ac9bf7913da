-- inlined
CREATE OR REPLACE FUNCTION backbeat.follower_thresholds() RETURNS bigint []
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT '{10, 25, 50, 100, 250, 500, 1000, 5000, 10000, 20000, 50000, 100000, 1000000}'::bigint[]
$$;

COMMENT ON FUNCTION backbeat.follower_thresholds () IS
'The numbers of followers that are milestones (domain: chain and entities, 7.3, list F).';
