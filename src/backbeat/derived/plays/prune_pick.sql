-- Which plays go: the oldest beyond their age, as far as the jobs that read all plays have come. Age goes by the chain's own
-- time where that is behind the clock: what a replay of an old chain brings is not old. What comes first waits for what has
-- not read it, and the rest waits behind it: so no run looks at more than it may delete.
WITH edge AS MATERIALIZED (
    SELECT
        least(coalesce(%(now)s::timestamp, timezone('UTC', statement_timestamp())), frontier.block_time)
        - make_interval(secs => %(seconds)s::double precision) AS until
    FROM backbeat.frontier
    WHERE %(seconds)s::double precision > 0
),
read AS MATERIALIZED (
    SELECT min(coalesce(kept.last_checkpoint, 0)) AS upto
    FROM unnest(%(checkpoints)b::text [], %(rewards)b::text []) AS reader (checkpoint, rewards)
    LEFT JOIN indexing_checkpoints AS kept ON kept.tablename = reader.checkpoint
    WHERE
        reader.rewards = ''
        OR EXISTS (
            SELECT FROM challenges AS reward
            WHERE reward.id = ANY (string_to_array(reader.rewards, ' ')) AND reward.active
        )
        OR EXISTS ( -- off, and behind what came while it was on
            SELECT FROM backbeat.challenge_terms AS terms
            WHERE
                terms.challenge_id = ANY (string_to_array(reader.rewards, ' '))
                AND terms.until_play - 1 > coalesce(kept.last_checkpoint, 0)
        )
)
SELECT
    ARRAY(
        SELECT oldest.id
        FROM edge
        CROSS JOIN LATERAL (
            SELECT
                play.id,
                play.created_at
            FROM plays AS play
            WHERE play.created_at <= edge.until
            ORDER BY play.created_at
            LIMIT %(rows_max)s::integer
        ) AS oldest
        WHERE oldest.id <= (SELECT read.upto FROM read) OR (SELECT read.upto FROM read) IS NULL
        ORDER BY oldest.created_at, oldest.id
    ) AS ids,
    coalesce(
        (
            -- an instant to come is one of a clock that was ahead
            SELECT noted.looked_at NOT BETWEEN statement_timestamp() - interval '1 hour' AND statement_timestamp()
            FROM backbeat.pruned_plays AS noted
        ),
        true
    ) AS is_look_due
