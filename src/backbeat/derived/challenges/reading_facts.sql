-- One branch per fact; those of other challenges are never looked at.
WITH asked AS (
    SELECT
        %(user_id)s::integer AS user_id,
        %(challenge_id)s::text AS challenge_id
),
reward AS (
    SELECT * FROM challenges WHERE id = %(challenge_id)s::text
),
me AS (
    SELECT * FROM users WHERE user_id = %(user_id)s::integer AND is_current
)
SELECT
    'the challenge is active' AS fact,
    coalesce((SELECT reward.active::text FROM reward), 'not in the catalogue') AS found,
    'true' AS wanted,
    coalesce((SELECT reward.active FROM reward), false) AS holds
UNION ALL
SELECT
    'the user is active',
    CASE WHEN EXISTS (SELECT FROM me) THEN (SELECT (NOT me.is_deactivated)::text FROM me) ELSE 'unknown user' END,
    'true',
    NOT EXISTS (SELECT FROM me WHERE me.is_deactivated)
UNION ALL
SELECT 'the user is verified', coalesce((SELECT me.is_verified::text FROM me), 'unknown user'), 'true',
    coalesce((SELECT me.is_verified FROM me), false)
FROM asked WHERE asked.challenge_id IN ('v', 'p1', 'p2', 'p3', 's')
UNION ALL
SELECT 'public tracks since the first block', counted.tracks::text, reward.step_count::text,
    counted.tracks >= reward.step_count
FROM asked
JOIN reward ON asked.challenge_id = 'u'
CROSS JOIN LATERAL (
    SELECT count(*) AS tracks FROM tracks AS t
    WHERE
        t.owner_id = asked.user_id AND t.is_current AND NOT t.is_delete AND NOT t.is_unlisted AND t.stem_of IS NULL
        AND t.blocknumber >= reward.starting_block
) AS counted
UNION ALL
SELECT 'playlists with a track since the first block', counted.playlists::text, '1', counted.playlists > 0
FROM asked
JOIN reward ON asked.challenge_id = 'fp'
CROSS JOIN LATERAL (
    SELECT count(*) AS playlists FROM playlists AS p
    WHERE
        p.playlist_owner_id = asked.user_id AND p.is_current AND NOT p.is_delete
        AND p.blocknumber >= coalesce(reward.starting_block, 0)
        AND jsonb_path_exists(p.playlist_contents, '$.track_ids[0]')
) AS counted
UNION ALL
SELECT step.name, step.done::text, 'true', step.done
FROM asked
JOIN backbeat.profile_steps AS at ON at.user_id = asked.user_id AND asked.challenge_id = 'p'
CROSS JOIN LATERAL (
    VALUES
        ('a description', at.profile_description),
        ('a name', at.profile_name),
        ('a picture', at.profile_picture),
        ('a cover photo', at.profile_cover_photo),
        ('five follows', at.follows),
        ('a repost', at.reposts),
        ('a save', at.favorites)
) AS step (name, done)
UNION ALL
SELECT 'a handle', coalesce((SELECT me.handle_lc FROM me), 'none'), 'any', EXISTS (SELECT FROM me WHERE handle_lc IS NOT NULL)
FROM asked WHERE asked.challenge_id = 'p'
UNION ALL
SELECT 'days of listening in a row', coalesce(state.listen_streak, 0)::text, '7', coalesce(state.listen_streak, 0) >= 7
FROM asked
LEFT JOIN challenge_listen_streak AS state ON state.user_id = asked.user_id
WHERE asked.challenge_id = 'e'
UNION ALL
SELECT 'plays of own tracks since 2025', counted.plays::text, reward.step_count::text, counted.plays >= reward.step_count
FROM asked
JOIN reward ON asked.challenge_id IN ('p1', 'p2', 'p3')
CROSS JOIN LATERAL (
    SELECT coalesce(sum(monthly.count), 0) AS plays
    FROM tracks AS t
    JOIN aggregate_monthly_plays AS monthly
        ON monthly.play_item_id = t.track_id AND monthly.timestamp >= '2025-01-01'
    WHERE t.owner_id = asked.user_id AND t.is_current AND NOT t.is_delete
) AS counted
UNION ALL
SELECT 'visible comments', counted.comments::text, '1 in a week', counted.comments > 0
FROM asked
CROSS JOIN LATERAL (
    SELECT count(*) AS comments FROM comments AS said
    WHERE said.user_id = asked.user_id AND NOT said.is_delete AND said.is_visible
) AS counted
WHERE asked.challenge_id = 'c'
UNION ALL
SELECT format('comment %%s is pinned on track %%s by user %%s', said.comment_id, t.track_id, artist.user_id),
    CASE WHEN artist.is_verified THEN 'verified' ELSE 'not verified' END, 'verified',
    artist.is_verified AND NOT said.is_delete AND NOT t.is_delete AND t.owner_id <> said.user_id
FROM asked
JOIN comments AS said ON said.user_id = asked.user_id AND asked.challenge_id = 'cp'
JOIN tracks AS t ON t.pinned_comment_id = said.comment_id AND t.track_id = said.entity_id AND t.is_current
JOIN users AS artist ON artist.user_id = t.owner_id AND artist.is_current
UNION ALL
SELECT 'the mobile app was used', came.is_mobile_user::text, 'true', came.is_mobile_user
FROM asked
JOIN user_events AS came ON came.user_id = asked.user_id AND came.is_current AND asked.challenge_id = 'm'
UNION ALL
SELECT 'came through', came.referrer::text, 'somebody', came.referrer IS NOT NULL
FROM asked
JOIN user_events AS came ON came.user_id = asked.user_id AND came.is_current AND asked.challenge_id = 'rd'
UNION ALL
SELECT 'earned of what referrals can earn', counted.earned::text, 'below ' || reward.step_count,
    counted.earned < reward.step_count
FROM asked
JOIN reward ON asked.challenge_id IN ('r', 'rv')
CROSS JOIN LATERAL (
    SELECT coalesce(sum(done.amount), 0) AS earned FROM user_challenges AS done
    WHERE done.user_id = asked.user_id AND done.challenge_id = asked.challenge_id
) AS counted
UNION ALL
SELECT
    CASE asked.challenge_id WHEN 'r' THEN 'the user is not verified' ELSE 'the user is verified' END,
    coalesce((SELECT me.is_verified::text FROM me), 'unknown user'),
    CASE asked.challenge_id WHEN 'r' THEN 'false' ELSE 'true' END,
    coalesce((SELECT me.is_verified FROM me) = (asked.challenge_id = 'rv'), false)
FROM asked WHERE asked.challenge_id IN ('r', 'rv')
UNION ALL
SELECT 'users who came through this one', counted.came::text, '1', counted.came > 0
FROM asked
CROSS JOIN LATERAL (
    SELECT count(*) AS came FROM user_events AS came
    WHERE came.referrer = asked.user_id AND came.user_id <> asked.user_id AND came.is_current
) AS counted
WHERE asked.challenge_id IN ('r', 'rv')
UNION ALL
SELECT 'valid purchases of a dollar or more', counted.bought::text, '1', counted.bought > 0
FROM asked
CROSS JOIN LATERAL (
    SELECT count(*) AS bought FROM v_usdc_purchases AS bought
    WHERE bought.buyer_user_id = asked.user_id AND bought.amount - bought.extra_amount >= 1000000
) AS counted
WHERE asked.challenge_id = 'b'
UNION ALL
SELECT 'valid sales of a dollar or more', counted.sold::text, '1', counted.sold > 0
FROM asked
CROSS JOIN LATERAL (
    SELECT count(*) AS sold
    FROM (
        SELECT t.track_id AS content_id, true AS is_track FROM tracks AS t
        WHERE t.owner_id = asked.user_id AND t.is_current
        UNION ALL
        SELECT p.playlist_id, false FROM playlists AS p
        WHERE p.playlist_owner_id = asked.user_id AND p.is_current
    ) AS own
    JOIN v_usdc_purchases AS bought
        ON bought.content_id = own.content_id AND (bought.content_type = 'track') = own.is_track
    WHERE bought.amount - bought.extra_amount >= 1000000
) AS counted
WHERE asked.challenge_id = 's'
UNION ALL
SELECT format('cosign of own remix %%s by user %%s', remix.track_id, artist.user_id),
    CASE WHEN artist.is_verified THEN 'verified' ELSE 'not verified' END, 'verified', artist.is_verified
FROM asked
JOIN tracks AS remix ON remix.owner_id = asked.user_id AND remix.is_current AND asked.challenge_id = 'cs'
JOIN remixes AS link ON link.child_track_id = remix.track_id
JOIN tracks AS parent ON parent.track_id = link.parent_track_id AND parent.is_current
JOIN users AS artist ON artist.user_id = parent.owner_id AND artist.is_current
WHERE
    EXISTS (
        SELECT FROM reposts AS r
        WHERE r.user_id = artist.user_id AND r.repost_item_id = remix.track_id AND r.repost_type = 'track'
            AND r.is_current AND NOT r.is_delete
    )
    OR EXISTS (
        SELECT FROM saves AS s
        WHERE s.user_id = artist.user_id AND s.save_item_id = remix.track_id AND s.save_type = 'track'
            AND s.is_current AND NOT s.is_delete
    )
UNION ALL
SELECT format('track %%s is named by contest %%s of user %%s', t.track_id, contest.event_id, host.user_id),
    CASE WHEN host.is_verified THEN 'verified' ELSE 'not verified' END, 'verified',
    host.is_verified AND NOT contest.is_deleted AND NOT t.is_delete
FROM asked
JOIN tracks AS t ON t.owner_id = asked.user_id AND t.is_current AND asked.challenge_id = 'w'
JOIN events AS contest
    ON contest.event_type = 'remix_contest'
    AND (
        contest.event_data -> 'winners' @> to_jsonb(t.track_id)
        OR contest.event_data -> 'winners' @> to_jsonb(t.track_id::text)
    )
    -- containment, for which there is an index, takes 5 for 5.0 and a single value for an array; the prizes do not
    AND EXISTS (
        SELECT FROM jsonb_array_elements(
            CASE WHEN jsonb_typeof(contest.event_data -> 'winners') = 'array' THEN contest.event_data -> 'winners' END
        ) AS winner (named)
        WHERE backbeat.id_of(winner.named #>> '{}') = t.track_id
    )
JOIN users AS host ON host.user_id = contest.user_id AND host.is_current
UNION ALL
SELECT format('rank %%s of %%s in the week of %%s', result.rank, result.type, result.week), result.id, 'a rank up to 10', true
FROM asked
JOIN trending_results AS result
    ON result.user_id = asked.user_id
    AND (asked.challenge_id, result.type) IN (('tt', 'TRACKS'), ('tut', 'UNDERGROUND_TRACKS'), ('tp', 'PLAYLISTS'))
UNION ALL
SELECT 'top ten tracks reposted or saved', counted.tracks::text, 'among the first ten', counted.tracks > 0
FROM asked
CROSS JOIN LATERAL (
    SELECT count(*) AS tracks
    FROM (
        SELECT track_id FROM backbeat.trending_week_tracks ORDER BY score DESC, track_id DESC LIMIT 10
    ) AS top
    WHERE
        EXISTS (
            SELECT FROM reposts AS r
            WHERE r.user_id = asked.user_id AND r.repost_item_id = top.track_id AND r.repost_type = 'track'
                AND r.is_current AND NOT r.is_delete
        )
        OR EXISTS (
            SELECT FROM saves AS s
            WHERE s.user_id = asked.user_id AND s.save_item_id = top.track_id AND s.save_type = 'track'
                AND s.is_current AND NOT s.is_delete
        )
) AS counted
WHERE asked.challenge_id = 't'
UNION ALL
SELECT 'tips sent', counted.tips::text, '1', counted.tips > 0
FROM asked
CROSS JOIN LATERAL (
    SELECT count(*) AS tips FROM user_tips AS tip WHERE tip.sender_user_id = asked.user_id
) AS counted
WHERE asked.challenge_id = 'ft'
