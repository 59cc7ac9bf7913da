-- inlined
CREATE OR REPLACE FUNCTION backbeat.followers_min() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 3
$$;

COMMENT ON FUNCTION backbeat.followers_min () IS
'How many followers an owner needs for a trending score above 0 (domain: derived state, 2.2).';
