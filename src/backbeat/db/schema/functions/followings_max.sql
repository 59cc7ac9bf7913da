-- inlined
CREATE OR REPLACE FUNCTION backbeat.followings_max() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 10000
$$;

COMMENT ON FUNCTION backbeat.followings_max () IS
'From so many followings on a user lends no karma (domain: derived state, 3.2).';
