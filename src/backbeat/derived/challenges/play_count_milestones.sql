-- For each artist the blocks since those that were judged, with the plays of the tracks that were the artist's at the end of
-- each. The first that completes a tier completes it; until then its row stands for the last in which the artist could earn.
-- "users_after", "tracks_after" and "plays_after" are what was judged. Edits that no block holds yet stand for a next block.
-- Of plays that were pruned no block is known, only that all had come by the end of the last one's: nothing before it is judged.
WITH edge AS (
    SELECT
        from_block,
        lead(from_block) OVER (ORDER BY from_block) AS until_block
    FROM (
        SELECT DISTINCT version.from_block
        FROM backbeat.past_challenges AS version
        JOIN backbeat.frontier ON version.from_block <= frontier.block_number
        WHERE version.challenge_id = ANY (%(ids)s::text [])
    ) AS edited
),
ladder AS MATERIALIZED (
    -- each tier opens when the one below it is reached
    SELECT
        edge.from_block,
        edge.until_block,
        tier.challenge_id,
        tier.suffix,
        rule.step_count,
        backbeat.audio(rule.amount) AS amount,
        lag(rule.step_count, 1, 1) OVER (PARTITION BY edge.from_block ORDER BY rule.step_count, tier.challenge_id)
            AS opens_at
    FROM edge
    CROSS JOIN unnest(%(ids)s::text [], %(suffixes)s::text []) AS tier (challenge_id, suffix)
    CROSS JOIN LATERAL backbeat.rule_as_of(tier.challenge_id, edge.from_block) AS rule
    WHERE rule.active AND rule.step_count IS NOT NULL
),
artist AS MATERIALIZED (
    SELECT asked.user_id
    FROM (
        SELECT DISTINCT unnest(%(keys)b::integer []) AS user_id
        UNION ALL
        SELECT user_id FROM users WHERE %(keys)b::integer [] IS NULL AND is_current
    ) AS asked
    WHERE
        EXISTS (
            SELECT FROM backbeat.user_versions AS u
            WHERE u.user_id = asked.user_id AND u.is_verified AND NOT u.is_deactivated
            OFFSET 0 -- by its id, whatever joins
        )
        AND (
            SELECT count(*)
            FROM unnest(%(ids)s::text [], %(suffixes)s::text []) AS tier (challenge_id, suffix)
            JOIN user_challenges AS done
                ON
                    done.challenge_id = tier.challenge_id
                    AND done.specifier = to_hex(asked.user_id) || ':' || tier.suffix
                    AND done.is_complete
        ) < cardinality(%(ids)s::text [])
),
standing AS MATERIALIZED (
    SELECT
        artist.user_id,
        u.since_block,
        u.until_block,
        u.is_verified AND NOT u.is_deactivated AS earns
    FROM artist
    CROSS JOIN LATERAL (
        SELECT coalesce(one.since_block, 0) AS since_block, one.until_block, one.is_verified, one.is_deactivated
        FROM backbeat.user_versions AS one
        WHERE one.user_id = artist.user_id
        OFFSET 0
    ) AS u
),
held AS MATERIALIZED (
    SELECT
        artist.user_id,
        t.track_id,
        t.since_block,
        t.until_block
    FROM artist
    CROSS JOIN LATERAL (
        SELECT one.track_id, coalesce(one.since_block, 0) AS since_block, one.until_block, one.is_delete
        FROM backbeat.track_versions AS one
        WHERE one.owner_id = artist.user_id
        OFFSET 0
    ) AS t
    WHERE NOT t.is_delete
),
pruned AS MATERIALIZED (
    SELECT
        coalesce(
            (
                SELECT reached.block_number FROM backbeat.past_frontiers AS reached
                WHERE reached.play_id >= noted.last_id
                ORDER BY reached.play_id, reached.block_number
                LIMIT 1
            ),
            frontier.block_number
        ) AS last_block
    FROM backbeat.frontier
    JOIN backbeat.pruned_plays AS noted ON noted.last_id IS NOT NULL
),
judged_to AS MATERIALIZED (
    SELECT
        greatest(
            coalesce(
                (
                    SELECT reached.block_number FROM backbeat.past_frontiers AS reached
                    WHERE reached.play_id >= %(plays_after)s::bigint
                    ORDER BY reached.play_id, reached.block_number
                    LIMIT 1
                ),
                frontier.block_number
            ),
            (SELECT pruned.last_block FROM pruned)
        ) - 1 AS block_number,
        frontier.block_number AS last_block,
        frontier.block_time AS last_time,
        frontier.play_id AS last_play
    FROM backbeat.frontier
),
happened AS (
    SELECT user_id, since_block AS block_number FROM held WHERE since_block > %(tracks_after)s::integer
    UNION
    SELECT user_id, until_block FROM held WHERE until_block > %(tracks_after)s::integer
    UNION
    SELECT user_id, since_block FROM standing WHERE since_block > %(users_after)s::integer
    UNION
    SELECT user_id, until_block FROM standing WHERE until_block > %(users_after)s::integer
    UNION
    SELECT artist.user_id, edge.from_block
    FROM artist
    CROSS JOIN edge
    CROSS JOIN judged_to
    WHERE edge.from_block > judged_to.block_number
    UNION
    SELECT artist.user_id, judged_to.last_block + 1
    FROM artist
    CROSS JOIN judged_to
    UNION
    SELECT artist.user_id, pruned.last_block
    FROM artist
    CROSS JOIN pruned
    JOIN judged_to ON judged_to.block_number < pruned.last_block
),
changed AS MATERIALIZED (
    SELECT happened.user_id, happened.block_number
    FROM happened
    LEFT JOIN pruned ON true
    WHERE happened.block_number >= coalesce(pruned.last_block, happened.block_number)
),
since AS MATERIALIZED (
    SELECT
        begun.block_number,
        coalesce(
            (
                SELECT reached.play_id FROM backbeat.past_frontiers AS reached
                WHERE reached.block_number <= begun.block_number
                ORDER BY reached.block_number DESC, reached.play_id DESC
                LIMIT 1
            ),
            -- plays before the first block that is known were there when it came
            (SELECT min(known.play_id) FROM backbeat.past_frontiers AS known),
            begun.last_play
        ) AS play_id
    FROM (
        SELECT
            least(judged_to.block_number, (SELECT min(changed.block_number) - 1 FROM changed)) AS block_number,
            judged_to.last_play
        FROM judged_to
    ) AS begun
),
recent AS MATERIALIZED (
    SELECT
        play.track_id,
        span.block_number,
        span.last_play AS play_id,
        span.block_time,
        count(*) AS plays
    FROM judged_to
    CROSS JOIN since
    CROSS JOIN LATERAL backbeat.play_spans(since.play_id, judged_to.last_play) AS span
    CROSS JOIN LATERAL (
        SELECT p.play_item_id AS track_id
        FROM plays AS p
        WHERE p.id > span.first_after AND p.id <= span.last_play AND p.created_at >= '2025-01-01'
        OFFSET 0
    ) AS play
    WHERE play.track_id IN (SELECT track_id FROM held)
    GROUP BY 1, 2, 3, 4
),
before AS MATERIALIZED (
    SELECT
        one.track_id,
        coalesce(monthly.plays, 0) - coalesce(later.plays, 0) AS plays
    FROM (SELECT DISTINCT track_id FROM held) AS one
    LEFT JOIN (SELECT track_id, sum(plays) AS plays FROM recent GROUP BY track_id) AS later USING (track_id)
    CROSS JOIN LATERAL (
        SELECT sum(counted.count) AS plays
        FROM aggregate_monthly_plays AS counted
        WHERE counted.play_item_id = one.track_id AND counted."timestamp" >= '2025-01-01'
    ) AS monthly
),
moved AS (
    -- a track that comes brings its plays, one that goes takes them along: those before it, added up in one pass
    SELECT
        placed.user_id,
        placed.block_number,
        placed.sign * (before.plays + placed.plays_before) AS plays
    FROM (
        SELECT
            either.*,
            coalesce(
                sum(either.plays) OVER (
                    PARTITION BY either.track_id ORDER BY either.block_number, either.sign IS NULL
                ),
                0
            ) AS plays_before
        FROM (
            SELECT
                user_id,
                track_id,
                greatest(since_block, since.block_number) AS block_number,
                1 AS sign,
                NULL::bigint AS plays
            FROM held
            CROSS JOIN since
            WHERE held.until_block IS NULL OR held.until_block > since.block_number
            UNION ALL
            SELECT user_id, track_id, until_block, -1, NULL
            FROM held
            CROSS JOIN since
            WHERE held.until_block > since.block_number
            UNION ALL
            SELECT NULL, recent.track_id, recent.block_number, NULL, recent.plays
            FROM recent
        ) AS either
    ) AS placed
    JOIN before USING (track_id)
    WHERE placed.sign IS NOT NULL
),
heard AS (
    -- whose a track was when it was played: its last version that had begun, unless that had ended; found in one pass
    SELECT
        placed.block_number,
        placed.play_id,
        placed.block_time,
        placed.plays,
        first_value(placed.user_id) OVER whose AS user_id,
        first_value(placed.until_block) OVER whose AS until_block
    FROM (
        SELECT
            either.*,
            count(either.user_id) OVER (
                PARTITION BY either.track_id ORDER BY either.block_number, either.user_id IS NULL
            ) AS version
        FROM (
            SELECT
                track_id,
                since_block AS block_number,
                user_id,
                until_block,
                NULL::bigint AS play_id,
                NULL::timestamp AS block_time,
                NULL::bigint AS plays
            FROM held
            WHERE until_block IS NULL OR until_block > since_block
            UNION ALL
            SELECT track_id, block_number, NULL, NULL, play_id, block_time, plays
            FROM recent
        ) AS either
    ) AS placed
    WINDOW whose AS (PARTITION BY placed.track_id, placed.version ORDER BY placed.user_id IS NULL)
),
counted AS (
    SELECT
        place.user_id,
        place.block_number,
        place.play_id,
        max(place.block_time) AS block_time,
        sum(sum(place.plays)) OVER (PARTITION BY place.user_id ORDER BY place.block_number, place.play_id) AS plays
    FROM (
        SELECT user_id, block_number, 0 AS play_id, NULL::timestamp AS block_time, plays FROM moved
        UNION ALL
        SELECT user_id, block_number, play_id, block_time, plays
        FROM heard
        WHERE play_id IS NOT NULL AND user_id IS NOT NULL AND (until_block IS NULL OR block_number < until_block)
        UNION ALL
        SELECT user_id, block_number, 0, NULL, 0 FROM changed
    ) AS place
    GROUP BY place.user_id, place.block_number, place.play_id
),
stood AS (
    -- as whom an artist stood then, in the same way
    SELECT
        placed.user_id,
        placed.block_number,
        placed.play_id,
        placed.block_time,
        placed.plays,
        first_value(placed.earns) OVER whose AS earns,
        first_value(placed.until_block) OVER whose AS until_block
    FROM (
        SELECT
            either.*,
            count(either.earns) OVER (
                PARTITION BY either.user_id ORDER BY either.block_number, either.earns IS NULL
            ) AS version
        FROM (
            SELECT
                user_id,
                since_block AS block_number,
                earns,
                until_block,
                NULL::bigint AS play_id,
                NULL::timestamp AS block_time,
                NULL::numeric AS plays
            FROM standing
            WHERE until_block IS NULL OR until_block > since_block
            UNION ALL
            SELECT user_id, block_number, NULL, NULL, play_id, block_time, plays
            FROM counted
        ) AS either
    ) AS placed
    WINDOW whose AS (PARTITION BY placed.user_id, placed.version ORDER BY placed.earns IS NULL)
),
step AS (
    SELECT
        stood.user_id,
        stood.block_number,
        stood.block_time,
        stood.plays,
        ladder.challenge_id,
        ladder.suffix,
        ladder.step_count,
        ladder.amount,
        ladder.step_count > 0 AND stood.plays >= ladder.step_count AS is_complete,
        row_number() OVER earlier AS place,
        first_value(stood.block_number) OVER earlier AS begun_in,
        first_value(stood.block_time) OVER earlier AS begun_at
    FROM stood
    CROSS JOIN since
    JOIN ladder
        ON ladder.from_block <= stood.block_number
        AND (ladder.until_block IS NULL OR stood.block_number < ladder.until_block)
    WHERE
        stood.play_id IS NOT NULL AND stood.earns AND (stood.until_block IS NULL OR stood.block_number < stood.until_block)
        AND stood.block_number > since.block_number AND stood.plays >= greatest(ladder.opens_at, 1)
    WINDOW
        earlier AS (
            PARTITION BY stood.user_id, ladder.challenge_id ORDER BY stood.block_number, stood.play_id
        )
),
reached AS (
    SELECT DISTINCT ON (user_id, challenge_id) *
    FROM step
    ORDER BY user_id, challenge_id, is_complete DESC, CASE WHEN is_complete THEN place ELSE -place END
)
SELECT
    reached.challenge_id,
    to_hex(reached.user_id) || ':' || reached.suffix AS specifier,
    reached.is_complete,
    least(reached.plays, reached.step_count)::integer AS current_step_count,
    CASE WHEN reached.is_complete THEN least(reached.block_number, judged_to.last_block) END AS completed_blocknumber,
    reached.amount,
    CASE
        WHEN reached.is_complete
            THEN coalesce(reached.block_time, backbeat.time_of_block(reached.block_number), judged_to.last_time)
    END AS completed_at,
    reached.user_id,
    coalesce(reached.begun_at, backbeat.time_of_block(reached.begun_in), judged_to.last_time) AT TIME ZONE 'UTC'
        AS created_at
FROM reached
CROSS JOIN judged_to
