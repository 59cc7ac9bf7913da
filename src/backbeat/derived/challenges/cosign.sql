-- Each act is judged by the state of the block that it was done in, or of the first one in which the challenge was on. A key
-- is a specifier: who acted, and on which remix.
WITH RECURSIVE asked AS (
    SELECT
        backbeat.from_hex(split_part(key, ':', 1)) AS user_id,
        backbeat.from_hex(split_part(key, ':', 2)) AS track_id
    FROM unnest(%(keys)b::text []) AS key
),
act AS (
    -- all of them, or those that were asked for: of each pair of branches one is never looked at
    SELECT user_id, repost_item_id AS track_id, created_at, since_block, until_block
    FROM backbeat.repost_versions
    WHERE %(keys)b::text [] IS NULL AND repost_type = 'track'
    UNION ALL
    SELECT user_id, save_item_id AS track_id, created_at, since_block, until_block
    FROM backbeat.save_versions
    WHERE %(keys)b::text [] IS NULL AND save_type = 'track'
    UNION ALL
    SELECT r.user_id, r.repost_item_id AS track_id, r.created_at, r.since_block, r.until_block
    FROM asked
    CROSS JOIN LATERAL (
        SELECT *
        FROM backbeat.repost_versions AS one
        WHERE one.user_id = asked.user_id AND one.repost_item_id = asked.track_id AND one.repost_type = 'track'
        OFFSET 0 -- by key
    ) AS r
    UNION ALL
    SELECT s.user_id, s.save_item_id AS track_id, s.created_at, s.since_block, s.until_block
    FROM asked
    CROSS JOIN LATERAL (
        SELECT *
        FROM backbeat.save_versions AS one
        WHERE one.user_id = asked.user_id AND one.save_item_id = asked.track_id AND one.save_type = 'track'
        OFFSET 0 -- by key
    ) AS s
),
cosign AS (
    SELECT
        act.user_id AS artist_id,
        act.track_id,
        remix.owner_id,
        act.created_at,
        act.since_block,
        judged.block,
        terms.amount
    FROM act
    CROSS JOIN LATERAL (
        SELECT *
        FROM backbeat.challenge_terms AS version
        WHERE version.challenge_id = 'cs' AND version.until_block > act.since_block
        ORDER BY version.from_block
        LIMIT 1
    ) AS terms
    CROSS JOIN LATERAL (SELECT greatest(act.since_block, terms.from_block) AS block) AS judged
    CROSS JOIN LATERAL (SELECT * FROM backbeat.user_as_of(act.user_id, judged.block) AS one OFFSET 0) AS artist
    CROSS JOIN LATERAL (SELECT * FROM backbeat.track_as_of(act.track_id, judged.block) AS one OFFSET 0) AS remix
    CROSS JOIN backbeat.frontier
    WHERE
        act.since_block >= terms.starting_block
        AND terms.from_block <= frontier.block_number
        -- and what others edited since the block
        AND act.since_block <= frontier.block_number + (%(since)s::integer = -1)::integer
        AND (act.until_block IS NULL OR act.until_block > judged.block)
        AND artist.is_verified
        AND EXISTS (
            -- the links of then; one that the track never named, as other programs write it, is there from the beginning
            SELECT
            FROM (
                SELECT unnest(remix.parents) AS parent_id
                UNION ALL
                SELECT stray.parent_track_id
                FROM remixes AS stray
                WHERE
                    stray.child_track_id = act.track_id
                    AND NOT EXISTS (
                        SELECT FROM backbeat.track_versions AS version
                        WHERE version.track_id = act.track_id AND stray.parent_track_id = ANY (version.parents)
                    )
            ) AS link
            CROSS JOIN LATERAL (SELECT * FROM backbeat.track_as_of(link.parent_id, judged.block) AS one OFFSET 0) AS parent
            WHERE parent.owner_id = act.user_id
        )
        AND NOT EXISTS (
            SELECT FROM user_challenges AS done
            WHERE done.challenge_id = 'cs' AND done.specifier = to_hex(act.user_id) || ':' || to_hex(act.track_id)
        )
        AND NOT backbeat.is_deactivated_as_of(remix.owner_id, judged.block)
),
ordered AS MATERIALIZED (
    SELECT
        *,
        row_number() OVER (PARTITION BY artist_id ORDER BY block, created_at, since_block, track_id) AS place
    FROM cosign
),
judged AS (
    -- one after another, because each one paid counts against those that follow, and a remix pays once; the times kept are
    -- all paid so far
    SELECT
        artist.artist_id,
        0::bigint AS place,
        false AS pays,
        coalesce(
            (
                SELECT array_agg(done.created_at AT TIME ZONE 'UTC')
                FROM user_challenges AS done
                WHERE
                    done.challenge_id = 'cs'
                    AND split_part(done.specifier, ':', 1) = to_hex(artist.artist_id)
            ),
            '{}'
        ) AS times,
        '{}'::integer [] AS paid
    FROM (SELECT DISTINCT artist_id FROM ordered) AS artist
    UNION ALL
    SELECT
        judged.artist_id,
        ordered.place,
        verdict.pays,
        CASE WHEN verdict.pays THEN judged.times || ordered.created_at ELSE judged.times END,
        CASE WHEN verdict.pays THEN judged.paid || ordered.track_id ELSE judged.paid END
    FROM judged
    JOIN ordered ON ordered.artist_id = judged.artist_id AND ordered.place = judged.place + 1
    CROSS JOIN LATERAL (
        SELECT count(*) < 5 AND NOT ordered.track_id = ANY (judged.paid) AS pays
        FROM unnest(judged.times) AS recent
        WHERE recent >= ordered.created_at - interval '30 days'
    ) AS verdict
)
SELECT
    'cs' AS challenge_id,
    to_hex(ordered.artist_id) || ':' || to_hex(ordered.track_id) AS specifier,
    true AS is_complete,
    1 AS current_step_count,
    least(ordered.block, frontier.block_number) AS completed_blocknumber,
    ordered.amount,
    backbeat.known_time(least(ordered.block, frontier.block_number), ordered.created_at) AS completed_at,
    ordered.owner_id AS user_id,
    ordered.created_at AT TIME ZONE 'UTC' AS created_at
FROM judged
JOIN ordered USING (artist_id, place)
CROSS JOIN backbeat.frontier
WHERE judged.pays
