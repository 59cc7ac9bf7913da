-- Users hear whom they inspired to save or repost the same: those whom the actor follows and who had
-- reposted it within a month. Not of a save by one who had bought an album with the track.
-- Who may have inspired is found once for each actor and item, from the side where there are fewer: all who were ever
-- followed and ever reposted it. How either was at an act is as it is now, unless it changed behind the act: then the next
-- change tells.
WITH asked AS MATERIALIZED (
    SELECT act.actor_id, act.item_type, act.item_id, actor.following_count, array_agg(act) AS acts
    FROM backbeat.acts AS act
    INNER JOIN aggregate_user AS actor ON actor.user_id = act.actor_id
    WHERE act.blocknumber > %(after)s
        AND (act.blocknumber, act.place, act.ordinal) <= (%(number)s, %(place)s, %(ordinal)s)
        AND act.kind IN ('save', 'repost') AND act.delta > 0 AND act.data @> '{"of_repost": true}'
        AND backbeat.is_heard(actor)
        AND NOT (
            act.kind = 'save' AND act.item_type = 'track' AND EXISTS (SELECT FROM backbeat.albums_bought_then(act))
        )
    GROUP BY act.actor_id, act.item_type, act.item_id, actor.following_count
), known AS MATERIALIZED (
    SELECT asked.acts, found.*
    FROM asked
    LEFT JOIN aggregate_track AS track ON asked.item_type = 'track' AND track.track_id = asked.item_id
    LEFT JOIN aggregate_playlist AS playlist ON asked.item_type = 'playlist' AND playlist.playlist_id = asked.item_id
    CROSS JOIN LATERAL (
        SELECT coalesce(track.repost_count, playlist.repost_count, 0) < asked.following_count AS are_few
        OFFSET 0
    ) AS reposters
    CROSS JOIN LATERAL (
        SELECT
            array_agg(side.user_id ORDER BY side.user_id) AS users,
            array_agg(side.created_at ORDER BY side.user_id) AS times,
            array_agg(side.is_followed ORDER BY side.user_id) AS are_followed,
            array_agg(side.is_reposter ORDER BY side.user_id) AS are_reposters
        FROM (
            SELECT
                f.followee_user_id AS user_id, r.created_at, NOT f.is_delete AS is_followed, NOT r.is_delete AS is_reposter
            FROM follows AS f
            CROSS JOIN LATERAL (
                SELECT one.created_at, one.is_delete
                FROM reposts AS one
                WHERE one.user_id = f.followee_user_id AND one.repost_item_id = asked.item_id
                    AND one.repost_type = asked.item_type::reposttype AND one.is_current
                OFFSET 0
            ) AS r
            WHERE NOT reposters.are_few AND f.follower_user_id = asked.actor_id AND f.is_current
            UNION ALL
            SELECT r.user_id, r.created_at, NOT f.is_delete, NOT r.is_delete
            FROM reposts AS r
            CROSS JOIN LATERAL (
                SELECT one.is_delete
                FROM follows AS one
                WHERE one.follower_user_id = asked.actor_id AND one.followee_user_id = r.user_id AND one.is_current
                OFFSET 0
            ) AS f
            WHERE reposters.are_few AND r.repost_item_id = asked.item_id
                AND r.repost_type = asked.item_type::reposttype AND r.is_current
        ) AS side
    ) AS found
    WHERE found.users IS NOT NULL
)
INSERT INTO notification (user_ids, specifier, group_id, type, blocknumber, "timestamp", data)
SELECT
    inspiring.user_ids,
    act.actor_id::text,
    format('%%s_of_repost:%%s:type:%%s', act.kind, act.item_id, act.item_type),
    act.kind || '_of_repost',
    coalesce(act.of_block, act.blocknumber),
    act."time",
    jsonb_build_object(
        'type', CASE WHEN act.data @> '{"is_album": true}' THEN 'album' ELSE act.item_type END,
        'user_id', act.actor_id,
        act.kind || '_of_repost_item_id', act.item_id
    )
FROM known
CROSS JOIN LATERAL unnest(known.acts) AS act
CROSS JOIN LATERAL (
    SELECT array_agg(one.user_id ORDER BY one.user_id) AS user_ids
    FROM unnest(known.users, known.times, known.are_followed, known.are_reposters)
        AS one (user_id, created_at, is_followed, is_reposter)
    LEFT JOIN LATERAL (
        SELECT behind.delta
        FROM backbeat.acts AS behind
        WHERE behind.kind = 'follow' AND behind.actor_id = act.actor_id
            AND behind.item_id = one.user_id AND behind.item_type = ''
            AND (behind.blocknumber, behind.place, behind.ordinal) > (act.blocknumber, act.place, act.ordinal)
        ORDER BY behind.blocknumber, behind.place, behind.ordinal
        LIMIT 1
    ) AS follow ON true
    LEFT JOIN LATERAL (
        SELECT behind.delta, (behind.data ->> 'since')::timestamp AS since
        FROM backbeat.acts AS behind
        WHERE behind.kind = 'repost' AND behind.actor_id = one.user_id
            AND behind.item_id = act.item_id AND behind.item_type = act.item_type
            AND (behind.blocknumber, behind.place, behind.ordinal) > (act.blocknumber, act.place, act.ordinal)
        ORDER BY behind.blocknumber, behind.place, behind.ordinal
        LIMIT 1
    ) AS repost ON true
    WHERE coalesce(follow.delta < 0, one.is_followed)
        AND coalesce(repost.delta < 0, one.is_reposter)
        AND coalesce(repost.since, one.created_at) >= act."time" - interval '1 month'
) AS inspiring
WHERE inspiring.user_ids IS NOT NULL
ORDER BY act.blocknumber, act.place, act.ordinal
ON CONFLICT (group_id, specifier) DO NOTHING
