-- A key is a specifier: who acted, and on which remix.
WITH RECURSIVE asked AS (
    SELECT
        backbeat.from_hex(split_part(key, ':', 1)) AS user_id,
        backbeat.from_hex(split_part(key, ':', 2)) AS track_id
    FROM unnest(%(keys)b::text []) AS key
),
act AS (
    -- all of them, or those that were asked for: of each pair of branches one is never looked at
    SELECT user_id, repost_item_id AS track_id, created_at, blocknumber
    FROM reposts
    WHERE %(keys)b::text [] IS NULL AND repost_type = 'track' AND is_current AND NOT is_delete
    UNION ALL
    SELECT user_id, save_item_id AS track_id, created_at, blocknumber
    FROM saves
    WHERE %(keys)b::text [] IS NULL AND save_type = 'track' AND is_current AND NOT is_delete
    UNION ALL
    SELECT r.user_id, r.repost_item_id AS track_id, r.created_at, r.blocknumber
    FROM asked
    JOIN reposts AS r
        ON r.user_id = asked.user_id AND r.repost_item_id = asked.track_id AND r.repost_type = 'track'
        AND r.is_current AND NOT r.is_delete
    UNION ALL
    SELECT s.user_id, s.save_item_id AS track_id, s.created_at, s.blocknumber
    FROM asked
    JOIN saves AS s
        ON s.user_id = asked.user_id AND s.save_item_id = asked.track_id AND s.save_type = 'track'
        AND s.is_current AND NOT s.is_delete
),
cosign AS (
    SELECT DISTINCT ON (act.user_id, act.track_id)
        act.user_id AS artist_id,
        act.track_id,
        remix.owner_id,
        act.created_at,
        act.blocknumber,
        reward.amount
    FROM act
    JOIN challenges AS reward ON reward.id = 'cs' AND reward.active
    JOIN users AS artist ON artist.user_id = act.user_id AND artist.is_current AND artist.is_verified
    JOIN tracks AS remix ON remix.track_id = act.track_id AND remix.is_current
    JOIN remixes AS link ON link.child_track_id = act.track_id
    JOIN tracks AS parent
        ON parent.track_id = link.parent_track_id AND parent.is_current AND parent.owner_id = act.user_id
    WHERE
        act.blocknumber >= coalesce(reward.starting_block, 0)
        AND NOT EXISTS (
            SELECT FROM user_challenges AS done
            WHERE done.challenge_id = 'cs' AND done.specifier = to_hex(act.user_id) || ':' || to_hex(act.track_id)
        )
        AND NOT EXISTS (
            SELECT FROM backbeat.deactivated_users AS u WHERE u.user_id = remix.owner_id
        )
    ORDER BY act.user_id, act.track_id, act.blocknumber, act.created_at
),
ordered AS MATERIALIZED (
    SELECT
        *,
        row_number() OVER (PARTITION BY artist_id ORDER BY created_at, blocknumber, track_id) AS place
    FROM cosign
),
judged AS (
    -- one after another, because each one paid counts against those that follow; the times kept are all paid so far
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
        ) AS times
    FROM (SELECT DISTINCT artist_id FROM ordered) AS artist
    UNION ALL
    SELECT
        judged.artist_id,
        ordered.place,
        verdict.pays,
        CASE WHEN verdict.pays THEN judged.times || ordered.created_at ELSE judged.times END
    FROM judged
    JOIN ordered ON ordered.artist_id = judged.artist_id AND ordered.place = judged.place + 1
    CROSS JOIN LATERAL (
        SELECT count(*) < 5 AS pays
        FROM unnest(judged.times) AS paid
        WHERE paid >= ordered.created_at - interval '30 days'
    ) AS verdict
)
SELECT
    'cs' AS challenge_id,
    to_hex(ordered.artist_id) || ':' || to_hex(ordered.track_id) AS specifier,
    true AS is_complete,
    1 AS current_step_count,
    ordered.blocknumber AS completed_blocknumber,
    backbeat.audio(ordered.amount) AS amount,
    ordered.created_at AS completed_at,
    ordered.owner_id AS user_id,
    ordered.created_at AT TIME ZONE 'UTC' AS created_at
FROM judged
JOIN ordered USING (artist_id, place)
WHERE judged.pays
