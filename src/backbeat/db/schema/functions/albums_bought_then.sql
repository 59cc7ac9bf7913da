-- inlined
CREATE OR REPLACE FUNCTION backbeat.albums_bought_then(act backbeat.acts) RETURNS TABLE (playlist_id integer)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT bought.content_id
    FROM public.usdc_purchases AS bought
    LEFT JOIN public.playlist_tracks AS entry
        ON entry.playlist_id = bought.content_id AND entry.track_id = act.item_id
    LEFT JOIN LATERAL (
        SELECT behind.delta
        FROM backbeat.acts AS behind
        WHERE behind.kind = 'entry' AND behind.item_id = bought.content_id AND behind.item_type = 'playlist'
            AND behind.data -> 'tracks' @> to_jsonb(act.item_id)
            AND (behind.blocknumber, behind.place, behind.ordinal) > (act.blocknumber, act.place, act.ordinal)
        ORDER BY behind.blocknumber, behind.place, behind.ordinal
        LIMIT 1
    ) AS next ON true
    WHERE bought.buyer_user_id = act.actor_id AND bought.content_type = 'album' AND bought.created_at <= act."time"
        AND coalesce(next.delta < 0, entry.is_removed IS FALSE)
$$;

COMMENT ON FUNCTION backbeat.albums_bought_then (backbeat.acts) IS
'The albums that the actor of an act had bought and that held its track, as of the act.';
