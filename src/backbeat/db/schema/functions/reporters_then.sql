-- inlined
CREATE OR REPLACE FUNCTION backbeat.reporters_then(reported integer, act backbeat.acts)
RETURNS TABLE (user_id integer)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT r.user_id
    FROM public.comment_reports AS r
    WHERE r.comment_id = reported
        AND NOT EXISTS (
            SELECT FROM backbeat.acts AS behind
            WHERE behind.kind = 'report' AND behind.item_id = reported AND behind.actor_id = r.user_id
                AND (behind.blocknumber, behind.place, behind.ordinal) > (act.blocknumber, act.place, act.ordinal)
        )
$$;

COMMENT ON FUNCTION backbeat.reporters_then (integer, backbeat.acts) IS
'Who had reported a comment, as of an act.';
