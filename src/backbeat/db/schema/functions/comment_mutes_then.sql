-- inlined
CREATE OR REPLACE FUNCTION backbeat.comment_mutes_then(hearer integer, kind text, item integer, act backbeat.acts)
RETURNS TABLE (entity_id integer)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT side.entity_id
    FROM (
        SELECT s.entity_id, 1 AS weight
        FROM public.comment_notification_settings AS s
        WHERE s.user_id = hearer AND s.entity_id = item AND s.entity_type = kind AND s.is_muted
        UNION ALL
        SELECT behind.item_id, -behind.delta
        FROM backbeat.acts AS behind
        WHERE behind.kind = 'mute_comments' AND behind.actor_id = hearer
            AND behind.item_id = item AND behind.item_type = comment_mutes_then.kind
            AND (behind.blocknumber, behind.place, behind.ordinal) > (act.blocknumber, act.place, act.ordinal)
    ) AS side
    GROUP BY side.entity_id
    HAVING sum(side.weight) > 0
$$;

COMMENT ON FUNCTION backbeat.comment_mutes_then (integer, text, integer, backbeat.acts) IS
'A row where a user had muted the comments on a Track, or the answers to a Comment, as of an act.';
