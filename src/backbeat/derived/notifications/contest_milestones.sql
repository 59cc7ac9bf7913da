-- A host hears that the first, tenth or fiftieth track was submitted to an open contest. A submission is a track that is
-- not deleted, hidden or not, made since the contest and a remix of its track in the first place. How many there were when
-- one came out: those that are, less what came behind it.
WITH submitted AS MATERIALIZED (
    SELECT act.*, entered.event_id::integer AS event_id, (act.data ->> 'parent')::integer AS parent_id
    FROM backbeat.acts AS act
    CROSS JOIN LATERAL jsonb_array_elements_text(act.data -> 'events') AS entered (event_id)
    WHERE act.blocknumber > %(after)s
        AND (act.blocknumber, act.place, act.ordinal) <= (%(number)s, %(place)s, %(ordinal)s)
        AND act.kind = 'publish' AND act.item_type = 'track'
), contest AS MATERIALIZED (
    SELECT asked.event_id, asked.parent_id, event.user_id AS host_id, event.created_at, (
        SELECT count(*)
        FROM remixes AS link
        INNER JOIN tracks AS remix ON remix.track_id = link.child_track_id AND remix.is_current
        WHERE link.parent_track_id = asked.parent_id
            AND NOT remix.is_delete
            AND remix.created_at >= event.created_at
            AND backbeat.first_parent(remix.remix_of) = asked.parent_id
    ) AS submissions
    FROM (SELECT DISTINCT event_id, parent_id FROM submitted) AS asked
    INNER JOIN events AS event ON event.event_id = asked.event_id
), counted AS (
    SELECT step.*, step.submissions - coalesce(sum(step.delta) OVER behind, 0) AS count
    FROM (
        SELECT
            contest.*, submitted.of_block, submitted.blocknumber, submitted.place, submitted.ordinal, submitted."time",
            0 AS delta, true AS is_told
        FROM submitted
        INNER JOIN contest ON contest.event_id = submitted.event_id
        UNION ALL
        SELECT contest.*, act.of_block, act.blocknumber, act.place, act.ordinal, act."time", act.delta, false
        FROM contest
        INNER JOIN backbeat.acts AS act
            ON act.kind = 'remix' AND act.item_type = 'first' AND act.item_id = contest.parent_id
        INNER JOIN tracks AS remix ON remix.track_id = (act.data ->> 'track')::integer AND remix.is_current
        WHERE remix.created_at >= contest.created_at
    ) AS step
    WINDOW behind AS (
        PARTITION BY step.event_id ORDER BY step.blocknumber DESC, step.place DESC, step.ordinal DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
)
INSERT INTO notification (user_ids, specifier, group_id, type, blocknumber, "timestamp", data)
SELECT
    ARRAY[host_id],
    format('%%s:%%s', count, event_id),
    format('artist_remix_contest_submissions:%%s:%%s', event_id, count),
    'artist_remix_contest_submissions',
    coalesce(of_block, blocknumber),
    "time",
    jsonb_build_object('event_id', event_id, 'milestone', count, 'entity_id', parent_id)
FROM counted
WHERE is_told AND count IN (1, 10, 50)
ORDER BY blocknumber, place, ordinal, event_id
ON CONFLICT (group_id, specifier) DO NOTHING
