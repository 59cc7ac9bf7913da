-- inlined
CREATE OR REPLACE FUNCTION backbeat.followees_then(follower integer, act backbeat.acts) RETURNS TABLE (user_id integer)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT side.user_id
    FROM (
        SELECT f.followee_user_id AS user_id, 1 AS weight
        FROM public.follows AS f
        WHERE f.follower_user_id = follower AND f.is_current AND NOT f.is_delete
        UNION ALL
        SELECT behind.item_id, -behind.delta
        FROM backbeat.acts AS behind
        WHERE behind.kind = 'follow' AND behind.actor_id = follower
            AND (behind.blocknumber, behind.place, behind.ordinal) > (act.blocknumber, act.place, act.ordinal)
    ) AS side
    GROUP BY side.user_id
    HAVING sum(side.weight) > 0
$$;

COMMENT ON FUNCTION backbeat.followees_then (integer, backbeat.acts) IS
'Whom a user followed as of an act: who is followed now, less what acts behind it changed.';
