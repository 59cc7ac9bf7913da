-- inlined
CREATE OR REPLACE FUNCTION backbeat.mutes_then(hearer integer, act backbeat.acts) RETURNS TABLE (muted_user_id integer)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT act.actor_id
    WHERE coalesce(
        (
            SELECT behind.delta < 0
            FROM backbeat.acts AS behind
            WHERE behind.kind = 'mute' AND behind.actor_id = hearer AND behind.item_id = act.actor_id
                AND behind.item_type = ''
                AND (behind.blocknumber, behind.place, behind.ordinal) > (act.blocknumber, act.place, act.ordinal)
            ORDER BY behind.blocknumber, behind.place, behind.ordinal
            LIMIT 1
        ),
        EXISTS (
            SELECT FROM public.muted_users AS m
            WHERE m.muted_user_id = act.actor_id AND m.user_id = hearer AND m.is_delete IS NOT TRUE
        )
    )
$$;

COMMENT ON FUNCTION backbeat.mutes_then (integer, backbeat.acts) IS
'A row where a user mutes the actor of an act, as of the act.';
