-- A user hears that the followers are so many. How many there were at an act: those that are, less what came behind it.
WITH passed AS (
    SELECT act.*, kept.follower_count - coalesce(sum(act.delta) OVER behind, 0) AS count
    FROM (
        SELECT DISTINCT item_id FROM backbeat.acts
        WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s AND kind = 'follow' AND delta > 0
    ) AS followed
    INNER JOIN aggregate_user AS kept ON kept.user_id = followed.item_id
    INNER JOIN backbeat.acts AS act ON act.kind = 'follow' AND act.item_id = followed.item_id
    WHERE act.blocknumber > %(after)s
    WINDOW behind AS (
        PARTITION BY act.item_id ORDER BY act.blocknumber DESC, act.place DESC, act.ordinal DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
), reached AS (
    SELECT passed.*, passed.count::integer AS threshold
    FROM passed
    INNER JOIN aggregate_user AS actor ON actor.user_id = passed.actor_id
    WHERE passed.blocknumber <= %(upto)s AND passed.delta > 0
        AND passed.count = ANY (backbeat.follower_thresholds())
        AND backbeat.is_heard(actor)
    ORDER BY passed.blocknumber, passed.place, passed.ordinal
), keep_milestones AS (
    INSERT INTO milestones (id, name, threshold, blocknumber, "timestamp")
    SELECT item_id, 'FOLLOWER_COUNT', threshold, blocknumber, "time" FROM reached
    ON CONFLICT (id, name, threshold) DO NOTHING
)
INSERT INTO notification (user_ids, specifier, group_id, type, blocknumber, "timestamp", data)
SELECT
    ARRAY[item_id],
    item_id::text,
    format('milestone:FOLLOWER_COUNT:id:%%s:threshold:%%s', item_id, threshold),
    'milestone_follower_count',
    blocknumber,
    "time",
    jsonb_build_object('type', 'FOLLOWER_COUNT', 'user_id', item_id, 'threshold', threshold)
FROM reached
ON CONFLICT (group_id, specifier) DO NOTHING
