-- inlined
CREATE OR REPLACE FUNCTION backbeat.is_heard(actor public.aggregate_user) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(actor.score >= 0, false)
$$;

COMMENT ON FUNCTION backbeat.is_heard (public.aggregate_user) IS
'Whether others hear of what the user does: not banned, which a score below 0 means, and one that is unknown.';
