-- inlined
CREATE OR REPLACE FUNCTION backbeat.followers_then(followee integer, act backbeat.acts) RETURNS TABLE (user_id integer)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT side.user_id
    FROM (
        SELECT f.follower_user_id AS user_id, 1 AS weight
        FROM public.follows AS f
        WHERE f.followee_user_id = followee AND f.is_current AND NOT f.is_delete
        UNION ALL
        SELECT behind.actor_id, -behind.delta
        FROM backbeat.acts AS behind
        WHERE behind.kind = 'follow' AND behind.item_id = followee
            AND (behind.blocknumber, behind.place, behind.ordinal) > (act.blocknumber, act.place, act.ordinal)
    ) AS side
    GROUP BY side.user_id
    HAVING sum(side.weight) > 0
$$;

COMMENT ON FUNCTION backbeat.followers_then (integer, backbeat.acts) IS
'Who followed a user as of an act: who does now, less what acts behind it changed.';
