-- For each completed row: when the block that earned it was committed, and when the row was. A row earned by several
-- facts is earned by the last of them. Where facts were undone later, so that their block is not known any more, the
-- row is left out; where a fact can only be bounded, it is dated too early rather than too late.
WITH earned AS (
    SELECT
        challenge_id,
        specifier,
        user_id,
        completed_blocknumber,
        backbeat.from_hex(split_part(specifier, ':', 1)) AS first_id,
        pg_xact_commit_timestamp(xmin) AS seen_at
    FROM user_challenges
    WHERE is_complete
),
known AS (
    -- since which block users have been what they have to be, as far as their history goes back
    SELECT
        user_id,
        blocknumber,
        is_deactivated,
        is_verified,
        has_profile,
        lag(is_deactivated, 1, true) OVER later AS was_deactivated,
        lag(is_verified, 1, false) OVER later AS was_verified,
        lag(has_profile, 1, false) OVER later AS had_profile
    FROM bench.user_history
    WINDOW later AS (PARTITION BY user_id ORDER BY id)
),
active AS (
    SELECT user_id, blocknumber FROM known WHERE was_deactivated AND NOT is_deactivated
),
verified AS (
    SELECT user_id, blocknumber FROM known WHERE is_verified AND NOT was_verified
),
profile AS (
    SELECT user_id, blocknumber FROM known WHERE has_profile AND NOT had_profile
),
artist AS (
    -- whose verification a row depends on
    SELECT earned.*, coalesce(pinning.owner_id, hosting.user_id, first_id) AS artist_id
    FROM earned
    LEFT JOIN tracks AS pinning
        ON earned.challenge_id = 'cp' AND pinning.is_current
        AND pinning.track_id = backbeat.from_hex(split_part(earned.specifier, ':', 2))
    LEFT JOIN events AS hosting ON earned.challenge_id = 'w' AND hosting.event_id = earned.first_id
),
fact AS (
    SELECT challenge_id, specifier, completed_blocknumber AS blocknumber
    FROM earned
    WHERE challenge_id IN ('u', 'fp', 'cs', 'c', 'cp', 'w', 'm', 'r', 'rv', 'rd')
    UNION ALL
    SELECT artist.challenge_id, artist.specifier, verified.blocknumber
    FROM artist
    JOIN verified ON verified.user_id = artist.artist_id
    WHERE artist.challenge_id IN ('v', 'cp', 'w', 'p1', 'p2', 'p3')
    UNION ALL
    -- back from deactivation; challenges that judge once are not judged again
    SELECT earned.challenge_id, earned.specifier, back.blocknumber
    FROM earned
    CROSS JOIN LATERAL (
        SELECT max(active.blocknumber) AS blocknumber
        FROM active
        JOIN blocks ON blocks.number = active.blocknumber
        WHERE active.user_id = earned.user_id AND pg_xact_commit_timestamp(blocks.xmin) < earned.seen_at
    ) AS back
    WHERE earned.challenge_id IN ('u', 'fp', 'p', 'v', 'm', 'rd', 'cp', 'w', 'p1', 'p2', 'p3')
    UNION ALL
    -- a profile: the fields, five follows, a repost, a save
    SELECT earned.challenge_id, earned.specifier, part.blocknumber
    FROM earned
    CROSS JOIN LATERAL (
        SELECT min(blocknumber) AS blocknumber FROM profile WHERE profile.user_id = earned.user_id
        UNION ALL
        (
            SELECT blocknumber FROM follows
            WHERE follower_user_id = earned.user_id AND is_current
            ORDER BY blocknumber OFFSET 4 LIMIT 1
        )
        UNION ALL
        SELECT min(blocknumber) FROM reposts WHERE reposts.user_id = earned.user_id AND is_current
        UNION ALL
        SELECT min(blocknumber) FROM saves WHERE saves.user_id = earned.user_id AND is_current
    ) AS part
    WHERE
        earned.challenge_id = 'p'
        AND NOT EXISTS (SELECT FROM follows WHERE follower_user_id = earned.user_id AND is_delete)
        AND NOT EXISTS (SELECT FROM reposts WHERE reposts.user_id = earned.user_id AND is_delete)
        AND NOT EXISTS (SELECT FROM saves WHERE saves.user_id = earned.user_id AND is_delete)
),
event AS (
    SELECT fact.challenge_id, fact.specifier, max(pg_xact_commit_timestamp(blocks.xmin)) AS happened_at
    FROM fact
    JOIN blocks ON blocks.number = fact.blocknumber
    GROUP BY 1, 2
    UNION ALL
    -- the play that reached the step, unless plays stopped counting since because their track was deleted
    SELECT earned.challenge_id, earned.specifier, pg_xact_commit_timestamp(block.xmin)
    FROM earned
    JOIN challenges AS reward ON reward.id = earned.challenge_id
    CROSS JOIN LATERAL (
        SELECT plays.slot
        FROM tracks
        JOIN plays ON plays.play_item_id = tracks.track_id
        WHERE tracks.owner_id = earned.user_id AND tracks.is_current
        ORDER BY plays.id OFFSET reward.step_count - 1 LIMIT 1
    ) AS reached
    JOIN core_indexed_blocks AS block ON block.height = reached.slot
    WHERE
        earned.challenge_id IN ('p1', 'p2', 'p3')
        AND NOT EXISTS (SELECT FROM tracks WHERE tracks.owner_id = earned.user_id AND tracks.is_delete)
)
SELECT
    earned.challenge_id,
    earned.specifier,
    max(event.happened_at) AS happened_at,
    earned.seen_at
FROM earned
LEFT JOIN event USING (challenge_id, specifier)
GROUP BY 1, 2, 4
ORDER BY 4
