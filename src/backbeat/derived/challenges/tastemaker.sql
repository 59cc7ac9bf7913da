-- Who was among the first ten to repost or save a track, at the end of any block while it was in the list that was noted. Between
-- two changes of what is read these are the same, so for each span between them the first block counts in which the user is
-- active. A deactivated user keeps the place in line and earns nothing. Edits that no block holds yet stand for a next block.
WITH edge AS MATERIALIZED (
    SELECT
        frontier.block_number AS last_block,
        frontier.block_time AS last_time
    FROM backbeat.frontier
),
rule AS MATERIALIZED (
    SELECT
        active AND NOT is_gone AS is_on,
        backbeat.audio(amount) AS amount,
        from_block,
        coalesce(lead(from_block) OVER (ORDER BY from_block, from_play), 2147483647) AS until_block
    FROM backbeat.past_challenges
    WHERE challenge_id = 't' AND from_block <= (SELECT last_block FROM edge)
),
listed AS MATERIALIZED (
    SELECT
        track_id,
        list.blocknumber AS from_block,
        list.until_block
    FROM (
        SELECT
            blocknumber,
            tracks,
            coalesce(lead(blocknumber) OVER (ORDER BY blocknumber), 2147483647) AS until_block
        FROM backbeat.tastemaker_lists
        WHERE
            blocknumber >= coalesce(
                (
                    SELECT max(older.blocknumber) FROM backbeat.tastemaker_lists AS older
                    WHERE older.blocknumber <= %(since)s::integer
                ),
                0
            )
    ) AS list
    CROSS JOIN unnest(list.tracks) AS track_id
    WHERE %(keys)b::integer [] IS NULL OR track_id = ANY (%(keys)b::integer [])
),
act AS MATERIALIZED (
    SELECT
        top.track_id,
        done.*
    FROM (SELECT DISTINCT track_id FROM listed) AS top
    CROSS JOIN LATERAL (
        SELECT
            'repost' AS kind,
            r.user_id,
            r.created_at,
            coalesce(r.since_block, 0) AS since_block,
            coalesce(r.until_block, 2147483647) AS until_block
        FROM backbeat.repost_versions AS r
        WHERE r.repost_item_id = top.track_id AND r.repost_type = 'track'
        UNION ALL
        SELECT
            'save',
            s.user_id,
            s.created_at,
            coalesce(s.since_block, 0),
            coalesce(s.until_block, 2147483647)
        FROM backbeat.save_versions AS s
        WHERE s.save_item_id = top.track_id AND s.save_type = 'track'
        OFFSET 0
    ) AS done
),
span AS (
    SELECT
        changed.track_id,
        changed.block_number AS from_block,
        coalesce(
            lead(changed.block_number) OVER (
                PARTITION BY changed.track_id, changed.listed_from ORDER BY changed.block_number
            ),
            changed.listed_until
        ) AS until_block
    FROM (
        SELECT
            track_id,
            from_block AS listed_from,
            until_block AS listed_until,
            greatest(from_block, %(since)s::integer + 1) AS block_number
        FROM listed
        UNION
        SELECT
            listed.track_id,
            listed.from_block,
            listed.until_block,
            turn.block_number
        FROM listed
        JOIN act ON act.track_id = listed.track_id
        CROSS JOIN LATERAL (VALUES (act.since_block), (act.until_block)) AS turn (block_number)
        WHERE
            turn.block_number > greatest(listed.from_block, %(since)s::integer + 1)
            AND turn.block_number < listed.until_block
    ) AS changed
    WHERE changed.block_number < changed.listed_until
),
winner AS MATERIALIZED (
    SELECT
        first.user_id,
        earning.specifier,
        rule.amount,
        greatest(span.from_block, rule.from_block) AS from_block,
        least(span.until_block, rule.until_block, edge.last_block + 2) AS until_block
    FROM span
    CROSS JOIN edge
    JOIN rule ON rule.is_on AND rule.from_block < span.until_block AND rule.until_block > span.from_block
    CROSS JOIN (VALUES ('repost'), ('save')) AS way (kind)
    CROSS JOIN LATERAL (
        SELECT act.user_id
        FROM act
        WHERE
            act.track_id = span.track_id AND act.kind = way.kind
            AND act.since_block <= span.from_block AND act.until_block > span.from_block
        ORDER BY act.created_at, act.user_id
        LIMIT 10
    ) AS first
    CROSS JOIN LATERAL (SELECT to_hex(first.user_id) || ':t:' || to_hex(span.track_id) AS specifier) AS earning
),
away AS MATERIALIZED (
    SELECT
        one.user_id,
        gone.since_block,
        gone.until_block
    FROM (SELECT DISTINCT user_id FROM winner) AS one
    CROSS JOIN LATERAL (
        SELECT
            coalesce(u.since_block, 0) AS since_block,
            coalesce(u.until_block, 2147483647) AS until_block
        FROM backbeat.user_versions AS u
        WHERE u.user_id = one.user_id AND u.is_deactivated
        OFFSET 0
    ) AS gone
),
earned AS (
    SELECT DISTINCT ON (winner.specifier)
        winner.user_id,
        winner.amount,
        winner.specifier,
        begun.block_number
    FROM winner
    CROSS JOIN LATERAL (
        SELECT possible.block_number
        FROM (
            SELECT winner.from_block AS block_number
            UNION ALL
            SELECT away.until_block FROM away WHERE away.user_id = winner.user_id
        ) AS possible
        WHERE
            possible.block_number >= winner.from_block AND possible.block_number < winner.until_block
            AND NOT EXISTS (
                SELECT FROM away
                WHERE
                    away.user_id = winner.user_id
                    AND away.since_block <= possible.block_number AND away.until_block > possible.block_number
            )
        ORDER BY possible.block_number
        LIMIT 1
    ) AS begun
    ORDER BY winner.specifier, begun.block_number
)
SELECT
    't' AS challenge_id,
    earned.specifier,
    true AS is_complete,
    1 AS current_step_count,
    least(earned.block_number, edge.last_block) AS completed_blocknumber,
    earned.amount,
    coalesce(backbeat.time_of_block(earned.block_number), edge.last_time) AS completed_at,
    earned.user_id,
    coalesce(backbeat.time_of_block(earned.block_number), edge.last_time) AT TIME ZONE 'UTC' AS created_at
FROM earned
CROSS JOIN edge
WHERE
    NOT EXISTS (
        SELECT FROM user_challenges AS done WHERE done.challenge_id = 't' AND done.specifier = earned.specifier
    )
