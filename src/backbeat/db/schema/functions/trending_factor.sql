-- inlined
CREATE OR REPLACE FUNCTION backbeat.trending_factor(version text, karma double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE version WHEN 'pnagD' THEN karma WHEN 'AnlGe' THEN 1 + log(1 + karma) END
$$;

COMMENT ON FUNCTION backbeat.trending_factor (text, double precision) IS
'What a formula of tracks makes of the karma (domain: derived state, 2.2).';
