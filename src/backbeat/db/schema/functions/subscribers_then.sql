-- inlined
CREATE OR REPLACE FUNCTION backbeat.subscribers_then(entity_type text, entity_id integer, act backbeat.acts)
RETURNS TABLE (user_id integer)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT side.user_id
    FROM (
        SELECT s.subscriber_id AS user_id, 1 AS weight
        FROM public.subscriptions AS s
        WHERE s.user_id = subscribers_then.entity_id AND s.entity_type = subscribers_then.entity_type
            AND s.is_current AND NOT s.is_delete
        UNION ALL
        SELECT behind.actor_id, -behind.delta
        FROM backbeat.acts AS behind
        WHERE behind.kind = 'subscribe'
            AND behind.item_id = subscribers_then.entity_id AND behind.item_type = subscribers_then.entity_type
            AND (behind.blocknumber, behind.place, behind.ordinal) > (act.blocknumber, act.place, act.ordinal)
    ) AS side
    GROUP BY side.user_id
    HAVING sum(side.weight) > 0
$$;

COMMENT ON FUNCTION backbeat.subscribers_then (text, integer, backbeat.acts) IS
'Who was subscribed to a user or an event as of an act: who is now, less what acts behind it changed.';
