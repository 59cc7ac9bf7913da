-- inlined
CREATE OR REPLACE FUNCTION backbeat.karma_followers_max() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 1000
$$;

COMMENT ON FUNCTION backbeat.karma_followers_max () IS
'Up to so many followers a user''s karma is counted from them; with more it is full (domain: derived state, 3.2).';
