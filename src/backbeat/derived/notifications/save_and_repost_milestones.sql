-- An owner hears that a track or playlist was saved or reposted so often. How often at an act: as often as it is now,
-- less what came behind it.
WITH here AS MATERIALIZED (
    SELECT kind, of_block, blocknumber, place, ordinal, "time", actor_id, item_type, item_id, owner_id, delta, data
    FROM backbeat.acts
    WHERE blocknumber > %(after)s AND (blocknumber, place, ordinal) <= (%(number)s, %(place)s, %(ordinal)s)
        AND kind IN ('save', 'repost')
), favored AS MATERIALIZED (
    SELECT kind, item_type, item_id FROM here WHERE delta > 0 GROUP BY kind, item_type, item_id
), beyond AS MATERIALIZED (
    SELECT act.kind, act.item_type, act.item_id, sum(act.delta) AS delta
    FROM favored
    INNER JOIN backbeat.acts AS act
        ON act.kind = favored.kind AND act.item_id = favored.item_id AND act.item_type = favored.item_type
    WHERE (act.blocknumber, act.place, act.ordinal) > (%(number)s, %(place)s, %(ordinal)s)
    GROUP BY act.kind, act.item_type, act.item_id
), counted AS MATERIALIZED (
    SELECT
        favored.kind, favored.item_type, favored.item_id,
        CASE favored.kind
            WHEN 'save' THEN coalesce(track.save_count, playlist.save_count)
            ELSE coalesce(track.repost_count, playlist.repost_count)
        END - coalesce(beyond.delta, 0) AS count
    FROM favored
    LEFT JOIN aggregate_track AS track ON favored.item_type = 'track' AND track.track_id = favored.item_id
    LEFT JOIN aggregate_playlist AS playlist
        ON favored.item_type = 'playlist' AND playlist.playlist_id = favored.item_id
    LEFT JOIN beyond
        ON beyond.kind = favored.kind AND beyond.item_id = favored.item_id AND beyond.item_type = favored.item_type
), passed AS (
    SELECT here.*, counted.count - coalesce(sum(here.delta) OVER behind, 0) AS count
    FROM counted
    INNER JOIN here
        ON here.kind = counted.kind AND here.item_id = counted.item_id AND here.item_type = counted.item_type
    WINDOW behind AS (
        PARTITION BY here.kind, here.item_type, here.item_id
        ORDER BY here.blocknumber DESC, here.place DESC, here.ordinal DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
), reached AS (
    SELECT
        passed.item_id, passed.item_type, passed.owner_id, passed.data, passed."time",
        coalesce(passed.of_block, passed.blocknumber) AS block,
        passed.count::integer AS threshold,
        upper(format('%%s_%%s_COUNT', passed.item_type, passed.kind)) AS name
    FROM passed
    INNER JOIN aggregate_user AS actor ON actor.user_id = passed.actor_id
    WHERE passed.delta > 0 AND passed.owner_id IS NOT NULL
        AND passed.count = ANY (backbeat.item_thresholds())
        AND backbeat.is_heard(actor)
    ORDER BY passed.blocknumber, passed.place, passed.ordinal
), keep_milestones AS (
    INSERT INTO milestones (id, name, threshold, blocknumber, "timestamp")
    SELECT item_id, name, threshold, block, "time" FROM reached
    ON CONFLICT (id, name, threshold) DO NOTHING
)
INSERT INTO notification (user_ids, specifier, group_id, type, blocknumber, "timestamp", data)
SELECT
    ARRAY[owner_id],
    owner_id::text,
    format('milestone:%%s:id:%%s:threshold:%%s', name, item_id, threshold),
    'milestone',
    block,
    "time",
    jsonb_build_object('type', name, item_type || '_id', item_id, 'threshold', threshold)
    || CASE item_type
        WHEN 'playlist' THEN jsonb_build_object('is_album', coalesce((data ->> 'is_album')::boolean, false))
        ELSE '{}'
    END
FROM reached
ON CONFLICT (group_id, specifier) DO NOTHING
