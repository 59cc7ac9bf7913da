WITH uploaded AS (
    SELECT
        t.owner_id,
        t.blocknumber,
        t.updated_at,
        row_number() OVER (PARTITION BY t.owner_id ORDER BY t.blocknumber, t.track_id) AS step
    FROM (
        SELECT
            track.track_id,
            track.owner_id,
            track.blocknumber,
            track.updated_at,
            backbeat.is_public_track(track) AS is_public
        FROM tracks AS track
        WHERE
            %(keys)b::integer [] IS NULL
            OR track.owner_id = ANY (
                ARRAY(
                    SELECT key.user_id
                    FROM unnest(%(keys)b::integer []) AS key (user_id)
                    WHERE NOT EXISTS (
                        SELECT FROM user_challenges AS done
                        WHERE done.challenge_id = 'u' AND done.specifier = to_hex(key.user_id) AND done.is_complete
                    )
                )
            )
        OFFSET 0 -- found by owner, and judged afterwards
    ) AS t
    WHERE
        t.is_public
        AND t.blocknumber >= %(starting_block)s::integer
        AND NOT EXISTS (
            SELECT FROM user_challenges AS done
            WHERE done.challenge_id = 'u' AND done.specifier = to_hex(t.owner_id) AND done.is_complete
        )
        AND NOT EXISTS (
            SELECT FROM backbeat.deactivated_users AS u WHERE u.user_id = t.owner_id
        )
),
counted AS (
    -- the track that reaches the count is what completes the row
    SELECT
        owner_id,
        count(*)::integer AS current_step_count,
        min(updated_at) AS created_at,
        max(blocknumber) FILTER (WHERE step = %(step_count)s::integer) AS completed_blocknumber,
        max(updated_at) FILTER (WHERE step = %(step_count)s::integer) AS completed_at
    FROM uploaded
    WHERE step <= greatest(%(step_count)s::integer, 1)
    GROUP BY owner_id
)
SELECT
    'u' AS challenge_id,
    to_hex(owner_id) AS specifier,
    completed_at IS NOT NULL AS is_complete,
    least(current_step_count, %(step_count)s::integer) AS current_step_count,
    completed_blocknumber,
    %(amount)s::integer AS amount,
    completed_at,
    owner_id AS user_id,
    created_at AT TIME ZONE 'UTC' AS created_at
FROM counted
