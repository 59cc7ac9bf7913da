-- A user hears that so many follow. How many there were at an act: as many as there are now, less what came behind it.
WITH here AS MATERIALIZED (
    SELECT of_block, blocknumber, place, ordinal, "time", actor_id, item_id, delta
    FROM backbeat.acts
    WHERE blocknumber > %(after)s AND (blocknumber, place, ordinal) <= (%(number)s, %(place)s, %(ordinal)s)
        AND kind = 'follow'
), followed AS MATERIALIZED (
    SELECT item_id FROM here WHERE delta > 0 GROUP BY item_id
), beyond AS MATERIALIZED (
    SELECT act.item_id, sum(act.delta) AS delta
    FROM followed
    INNER JOIN backbeat.acts AS act ON act.kind = 'follow' AND act.item_id = followed.item_id
    WHERE (act.blocknumber, act.place, act.ordinal) > (%(number)s, %(place)s, %(ordinal)s)
    GROUP BY act.item_id
), passed AS (
    SELECT here.*, kept.follower_count - coalesce(beyond.delta, 0) - coalesce(sum(here.delta) OVER behind, 0) AS count
    FROM followed
    INNER JOIN here ON here.item_id = followed.item_id
    INNER JOIN aggregate_user AS kept ON kept.user_id = followed.item_id
    LEFT JOIN beyond ON beyond.item_id = followed.item_id
    WINDOW behind AS (
        PARTITION BY here.item_id ORDER BY here.blocknumber DESC, here.place DESC, here.ordinal DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
), reached AS (
    SELECT passed.*, coalesce(passed.of_block, passed.blocknumber) AS block, passed.count::integer AS threshold
    FROM passed
    INNER JOIN aggregate_user AS actor ON actor.user_id = passed.actor_id
    WHERE passed.delta > 0
        AND passed.count = ANY (backbeat.follower_thresholds())
        AND backbeat.is_heard(actor)
    ORDER BY passed.blocknumber, passed.place, passed.ordinal
), keep_milestones AS (
    INSERT INTO milestones (id, name, threshold, blocknumber, "timestamp")
    SELECT item_id, 'FOLLOWER_COUNT', threshold, block, "time" FROM reached
    ON CONFLICT (id, name, threshold) DO NOTHING
)
INSERT INTO notification (user_ids, specifier, group_id, type, blocknumber, "timestamp", data)
SELECT
    ARRAY[item_id],
    item_id::text,
    format('milestone:FOLLOWER_COUNT:id:%%s:threshold:%%s', item_id, threshold),
    'milestone_follower_count',
    block,
    "time",
    jsonb_build_object('type', 'FOLLOWER_COUNT', 'user_id', item_id, 'threshold', threshold)
FROM reached
ON CONFLICT (group_id, specifier) DO NOTHING
