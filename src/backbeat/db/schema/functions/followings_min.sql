-- inlined
CREATE OR REPLACE FUNCTION backbeat.followings_min() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 5
$$;

COMMENT ON FUNCTION backbeat.followings_min () IS
'A user who follows fewer has a point less in the score (domain: derived state, 3.1).';
