-- inlined
CREATE OR REPLACE FUNCTION backbeat.savers_then(item_type text, item_id integer, act backbeat.acts)
RETURNS TABLE (user_id integer)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT side.user_id
    FROM (
        SELECT s.user_id, 1 AS weight
        FROM public.saves AS s
        WHERE s.save_item_id = savers_then.item_id AND s.save_type = savers_then.item_type::public.savetype
            AND s.is_current AND NOT s.is_delete
        UNION ALL
        SELECT behind.actor_id, -behind.delta
        FROM backbeat.acts AS behind
        WHERE behind.kind = 'save' AND behind.item_id = savers_then.item_id AND behind.item_type = savers_then.item_type
            AND (behind.blocknumber, behind.place, behind.ordinal) > (act.blocknumber, act.place, act.ordinal)
    ) AS side
    GROUP BY side.user_id
    HAVING sum(side.weight) > 0
$$;

COMMENT ON FUNCTION backbeat.savers_then (text, integer, backbeat.acts) IS
'Who had saved a track or playlist as of an act: who has now, less what acts behind it changed.';
