-- inlined
-- Each part reads on behind the last user by its index, as many rows as fill the batch: a batch reads three rows at most
-- for each that it tells, and besides, where it tells remixers, the remixes of the track.
CREATE OR REPLACE FUNCTION backbeat.contest_audience(
    type text, event_id integer, host_id integer, track_id integer, after_user_id integer, users_max bigint
) RETURNS TABLE (user_id integer)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT one.user_id
    FROM (
        SELECT contest_audience.host_id
        WHERE NOT starts_with(contest_audience.type, 'fan_')
            AND contest_audience.host_id > contest_audience.after_user_id
        UNION
        (
            SELECT f.follower_user_id
            FROM public.follows AS f
            WHERE starts_with(contest_audience.type, 'fan_')
                AND f.followee_user_id = contest_audience.host_id
                AND f.follower_user_id > contest_audience.after_user_id
                AND f.follower_user_id <> contest_audience.host_id
                AND f.is_current AND NOT f.is_delete
            ORDER BY f.follower_user_id
            LIMIT contest_audience.users_max
        )
        UNION
        (
            SELECT s.user_id
            FROM public.saves AS s
            WHERE starts_with(contest_audience.type, 'fan_')
                AND s.save_item_id = contest_audience.track_id AND s.save_type = 'track'
                AND s.user_id > contest_audience.after_user_id
                AND s.user_id <> contest_audience.host_id
                AND s.is_current AND NOT s.is_delete
            ORDER BY s.user_id
            LIMIT contest_audience.users_max
        )
        UNION
        (
            SELECT s.subscriber_id
            FROM public.subscriptions AS s
            WHERE starts_with(contest_audience.type, 'fan_')
                AND s.entity_type = 'Event' AND s.entity_id = contest_audience.event_id
                AND s.subscriber_id > contest_audience.after_user_id
                AND s.subscriber_id <> contest_audience.host_id
                AND s.is_current AND NOT s.is_delete
            ORDER BY s.subscriber_id
            LIMIT contest_audience.users_max
        )
        UNION
        (
            SELECT DISTINCT remix.owner_id
            FROM (
                SELECT t.owner_id
                FROM public.tracks AS t
                WHERE contest_audience.type = 'fan_remix_contest_ended'
                    AND t.remix_of -> 'tracks'
                    @> jsonb_build_array(jsonb_build_object('parent_track_id', contest_audience.track_id))
                    AND (t.remix_of -> 'tracks') IS NOT NULL
                    AND t.is_current AND NOT t.is_delete
                OFFSET 0 -- by their parent: in the order of owners, all tracks would be looked at
            ) AS remix
            WHERE remix.owner_id > contest_audience.after_user_id AND remix.owner_id <> contest_audience.host_id
            ORDER BY remix.owner_id
            LIMIT contest_audience.users_max
        )
    ) AS one (user_id)
    ORDER BY one.user_id
    LIMIT contest_audience.users_max
$$;

COMMENT ON FUNCTION backbeat.contest_audience (text, integer, integer, integer, integer, bigint) IS
'Who hears of a contest that ends soon or ended, in order, behind a user: the host of "artist_" types; of "fan_" types who '
'follows the host, saved the track or subscribed to the contest and, once it ended, who remixed the track (domain: '
'derived state, 4.8).';
