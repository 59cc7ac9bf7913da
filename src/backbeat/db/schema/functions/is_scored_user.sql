-- inlined
CREATE OR REPLACE FUNCTION backbeat.is_scored_user(person public.users) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT person.is_current AND person.handle_lc IS NOT NULL
$$;

COMMENT ON FUNCTION backbeat.is_scored_user (public.users) IS
'A user that has a score: the current row, with a handle (domain: derived state, 3.1).';
