-- Hosts are judged whole: which prizes fit into a week depends on all that were paid.
WITH RECURSIVE contest AS MATERIALIZED (
    -- what is no array names no winner, and what is no number of a track names none either
    SELECT
        e.event_id,
        e.user_id AS host_id,
        e.updated_at,
        e.blocknumber,
        CASE WHEN jsonb_typeof(e.event_data -> 'winners') = 'array' THEN e.event_data -> 'winners' END AS winners
    FROM events AS e
    JOIN users AS host ON host.user_id = e.user_id AND host.is_current AND host.is_verified
    WHERE
        e.event_type = 'remix_contest' AND NOT e.is_deleted
        AND e.blocknumber >= %(starting_block)s::integer
        AND (%(keys)b::integer [] IS NULL OR e.user_id = ANY (%(keys)b::integer []))
),
named AS (
    SELECT DISTINCT ON (contest.event_id, t.owner_id)
        contest.event_id,
        contest.host_id,
        contest.updated_at,
        contest.blocknumber,
        winner.place,
        t.owner_id
    FROM contest
    CROSS JOIN LATERAL jsonb_array_elements(contest.winners) WITH ORDINALITY AS winner (named, place)
    CROSS JOIN LATERAL (
        SELECT track.owner_id, track.is_delete
        FROM tracks AS track
        WHERE track.track_id = backbeat.id_of(winner.named #>> '{}') AND track.is_current
        OFFSET 0 -- one look-up each
    ) AS t
    WHERE
        NOT t.is_delete
        AND NOT EXISTS (
            SELECT FROM user_challenges AS done
            WHERE
                done.challenge_id = 'w'
                AND done.specifier = to_hex(contest.event_id) || ':' || to_hex(t.owner_id)
            OFFSET 0 -- one look-up each: joined, all prizes ever paid would be read
        )
        AND NOT EXISTS (
            SELECT FROM backbeat.deactivated_users AS u WHERE u.user_id = t.owner_id
        )
    ORDER BY contest.event_id, t.owner_id, winner.place
),
within_contest AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY event_id ORDER BY place) AS wanted,
        (
            SELECT count(*)
            FROM user_challenges AS done
            WHERE
                done.challenge_id = 'w' AND split_part(done.specifier, ':', 1) = to_hex(named.event_id)
        ) AS paid
    FROM named
),
ordered AS MATERIALIZED (
    SELECT
        *,
        row_number() OVER (PARTITION BY host_id ORDER BY updated_at, event_id, place) AS turn
    FROM within_contest
    WHERE wanted + paid <= 5
),
dated AS (
    -- the fifth last prize of the host must be seven days old; the times kept are those of all prizes, oldest first
    SELECT
        host.host_id,
        0::bigint AS turn,
        NULL::timestamp AS paid_at,
        ARRAY(
            SELECT prize.paid_at
            FROM events AS e
            CROSS JOIN LATERAL (
                SELECT done.created_at AT TIME ZONE 'UTC' AS paid_at
                FROM user_challenges AS done
                WHERE done.challenge_id = 'w' AND split_part(done.specifier, ':', 1) = to_hex(e.event_id)
                OFFSET 0 -- contest by contest, for the same reason
            ) AS prize
            WHERE e.user_id = host.host_id AND e.event_type = 'remix_contest'
            ORDER BY 1
        ) AS times
    FROM (SELECT DISTINCT host_id FROM ordered) AS host
    UNION ALL
    SELECT
        dated.host_id,
        ordered.turn,
        room.paid_at,
        ARRAY(SELECT paid FROM unnest(dated.times || room.paid_at) AS paid ORDER BY 1)
    FROM dated
    JOIN ordered ON ordered.host_id = dated.host_id AND ordered.turn = dated.turn + 1
    CROSS JOIN LATERAL (
        SELECT greatest(
            ordered.updated_at,
            dated.times[cardinality(dated.times) - 4] + interval '7 days'
        ) AS paid_at
    ) AS room
)
SELECT
    'w' AS challenge_id,
    to_hex(ordered.event_id) || ':' || to_hex(ordered.owner_id) AS specifier,
    true AS is_complete,
    1 AS current_step_count,
    CASE WHEN dated.paid_at = ordered.updated_at THEN ordered.blocknumber ELSE frontier.block_number END
        AS completed_blocknumber,
    %(amount)s::integer AS amount,
    dated.paid_at AS completed_at,
    ordered.owner_id AS user_id,
    dated.paid_at AT TIME ZONE 'UTC' AS created_at
FROM dated
JOIN ordered USING (host_id, turn)
CROSS JOIN backbeat.frontier
WHERE dated.paid_at <= greatest(frontier.block_time, ordered.updated_at)
