-- inlined
CREATE OR REPLACE FUNCTION backbeat.comment_mutes_then(hearer integer, kind text, item integer, act backbeat.acts)
RETURNS TABLE (entity_id integer)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT item
    WHERE coalesce(
        (
            SELECT behind.delta < 0
            FROM backbeat.acts AS behind
            WHERE behind.kind = 'mute_comments' AND behind.actor_id = hearer
                AND behind.item_id = item AND behind.item_type = comment_mutes_then.kind
                AND (behind.blocknumber, behind.place, behind.ordinal) > (act.blocknumber, act.place, act.ordinal)
            ORDER BY behind.blocknumber, behind.place, behind.ordinal
            LIMIT 1
        ),
        EXISTS (
            SELECT FROM public.comment_notification_settings AS s
            WHERE s.user_id = hearer AND s.entity_id = item AND s.entity_type = comment_mutes_then.kind AND s.is_muted
        )
    )
$$;

COMMENT ON FUNCTION backbeat.comment_mutes_then (integer, text, integer, backbeat.acts) IS
'A row where a user had muted the comments on a Track, or the answers to a Comment, as of an act.';
