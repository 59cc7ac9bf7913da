-- inlined
CREATE OR REPLACE FUNCTION backbeat.trending_version() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 'pnagD'
$$;

COMMENT ON FUNCTION backbeat.trending_version () IS
'The formula that lists, rewards and notifications go by (domain: derived state, 2.2).';
