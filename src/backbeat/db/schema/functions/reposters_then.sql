-- inlined
CREATE OR REPLACE FUNCTION backbeat.reposters_then(item_type text, item_id integer, act backbeat.acts)
RETURNS TABLE (user_id integer, created_at timestamp)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT r.user_id, r.created_at
    FROM public.reposts AS r
    WHERE r.repost_item_id = reposters_then.item_id AND r.repost_type = reposters_then.item_type::public.reposttype
        AND r.is_current AND NOT r.is_delete
        AND NOT EXISTS (
            SELECT FROM backbeat.acts AS behind
            WHERE behind.kind = 'repost' AND behind.item_id = reposters_then.item_id
                AND behind.item_type = reposters_then.item_type AND behind.actor_id = r.user_id
                AND (behind.blocknumber, behind.place, behind.ordinal) > (act.blocknumber, act.place, act.ordinal)
        )
    UNION ALL
    SELECT next.actor_id, (next.data ->> 'since')::timestamp
    FROM (
        SELECT DISTINCT ON (behind.actor_id) behind.actor_id, behind.delta, behind.data
        FROM backbeat.acts AS behind
        WHERE behind.kind = 'repost' AND behind.item_id = reposters_then.item_id
            AND behind.item_type = reposters_then.item_type
            AND (behind.blocknumber, behind.place, behind.ordinal) > (act.blocknumber, act.place, act.ordinal)
        ORDER BY behind.actor_id, behind.blocknumber, behind.place, behind.ordinal
    ) AS next
    WHERE next.delta < 0
$$;

COMMENT ON FUNCTION backbeat.reposters_then (text, integer, backbeat.acts) IS
'Who had reposted a track or playlist as of an act, and when. Of those who changed that behind it, their next act tells: '
'who takes a repost back says since when it was.';
