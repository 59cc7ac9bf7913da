-- inlined
CREATE OR REPLACE FUNCTION backbeat.is_heard(actor public.aggregate_user) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(actor.score >= 0, false)
$$;

COMMENT ON FUNCTION backbeat.is_heard (public.aggregate_user) IS
'Whether others hear of what a user does: not if the user is banned (the score is below 0), nor if the score is unknown.';
