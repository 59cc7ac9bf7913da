-- inlined
CREATE OR REPLACE FUNCTION backbeat.is_active(person public.users) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT person.is_current AND NOT person.is_deactivated
$$;

COMMENT ON FUNCTION backbeat.is_active (public.users) IS
'An active user: the current row, not deactivated. Where a user without a row passes too, see deactivated_users.';
