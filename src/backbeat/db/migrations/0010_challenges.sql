-- What challenges read by, and what completing one sets off: docs/explanation/challenges.md.

CREATE FUNCTION backbeat.audio(amount text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN amount ~ '^[+-]?\d{1,9}$' THEN amount::integer ELSE 0 END
$$;

COMMENT ON FUNCTION backbeat.audio (text) IS 'A catalogue amount in whole AUDIO; what is no integer counts as 0.';

CREATE FUNCTION backbeat.from_hex(digits text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT CASE
        WHEN digits ~ '^[0-9a-f]{1,8}$' THEN ('x' || lpad(digits, 8, '0'))::bit(32)::integer
    END
$$;

COMMENT ON FUNCTION backbeat.from_hex (text) IS 'The number that to_hex made a part of a specifier from, NULL if none.';

-- Look-ups by dirty key. The partial ones hold a few thousand rows of tables with millions.
CREATE INDEX comments_by_user ON comments (user_id, created_at);
CREATE INDEX tracks_pinning ON tracks (owner_id) WHERE pinned_comment_id IS NOT NULL;
CREATE INDEX tracks_pinned_comment ON tracks (pinned_comment_id) WHERE pinned_comment_id IS NOT NULL;
CREATE INDEX events_contest_host ON events (user_id) WHERE event_type = 'remix_contest';
CREATE INDEX events_contest_winners ON events USING gin ((event_data -> 'winners')) WHERE event_type = 'remix_contest';
CREATE INDEX user_challenges_capped ON user_challenges (challenge_id, split_part(specifier, ':', 1))
    WHERE challenge_id IN ('cs', 'w');
CREATE INDEX user_challenges_contest_prizes ON user_challenges (created_at) WHERE challenge_id = 'w';
CREATE INDEX track_trending_scores_week ON track_trending_scores (score DESC, track_id DESC)
    WHERE type = 'TRACKS' AND version = 'pnagD' AND time_range = 'week';
CREATE INDEX playlist_trending_scores_week ON playlist_trending_scores (score DESC, playlist_id DESC)
    WHERE type = 'PLAYLISTS' AND version = 'pnagD' AND time_range = 'week';

-- The seven steps of a profile, for users who can take part. A count stops at its threshold.
CREATE VIEW backbeat.profile_steps AS
SELECT
    u.user_id,
    u.bio IS NOT NULL AS profile_description,
    u.name IS NOT NULL AS profile_name,
    coalesce(u.profile_picture, u.profile_picture_sizes) IS NOT NULL AS profile_picture,
    coalesce(u.cover_photo, u.cover_photo_sizes) IS NOT NULL AS profile_cover_photo,
    (
        SELECT count(*) = 5
        FROM (
            SELECT FROM follows AS f
            WHERE f.follower_user_id = u.user_id AND f.is_current AND NOT f.is_delete
            LIMIT 5
        ) AS followed
    ) AS follows,
    EXISTS (
        SELECT FROM reposts AS r WHERE r.user_id = u.user_id AND r.is_current AND NOT r.is_delete
    ) AS reposts,
    EXISTS (
        SELECT FROM saves AS s WHERE s.user_id = u.user_id AND s.is_current AND NOT s.is_delete
    ) AS favorites
FROM users AS u
WHERE u.is_current AND u.handle_lc IS NOT NULL AND NOT u.is_deactivated;

-- When which contest paid a prize.
CREATE VIEW backbeat.contest_prizes AS
SELECT
    backbeat.from_hex(split_part(specifier, ':', 1)) AS event_id,
    created_at AS paid_at
FROM user_challenges
WHERE challenge_id = 'w';

-- The week's tracks that may be shown and rewarded, with their scores.
CREATE VIEW backbeat.trending_week_tracks AS
SELECT
    s.track_id,
    s.score,
    t.owner_id,
    t.is_available
FROM track_trending_scores AS s
JOIN tracks AS t ON t.track_id = s.track_id AND t.is_current
WHERE
    s.type = 'TRACKS' AND s.version = 'pnagD' AND s.time_range = 'week'
    AND NOT t.is_delete AND NOT t.is_unlisted AND t.stem_of IS NULL AND t.is_stream_gated IS NOT TRUE;

-- Rows of the Solana indexers arrive out of order and turn valid late, so they are followed by the change log.
SELECT backbeat.capture('sol_purchases', 'purchases', ARRAY['signature']);
SELECT backbeat.capture('user_tips', 'tips', ARRAY['sender_user_id']);

-- Completion: notifications, and the count of rewards earned right after signing up
--
-- Each function takes the rows that a statement completed. A row that is written again later sets nothing off. Where
-- SET backbeat.challenge_notifications = off, as for a backfill, nobody is notified.

CREATE FUNCTION backbeat.count_early_challenges(completed user_challenges[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
    WITH counted AS (
        SELECT earner.user_id, (
            SELECT count(*)
            FROM users AS u
            JOIN user_challenges AS earned ON earned.user_id = u.user_id
            WHERE
                u.user_id = earner.user_id AND u.is_current
                AND earned.is_complete AND earned.challenge_id NOT IN ('m', 'b')
                AND earned.completed_at <= u.created_at + interval '3 minutes'
        )::integer AS challenge_count
        FROM (SELECT DISTINCT user_id FROM unnest(completed)) AS earner
    )
    INSERT INTO user_score_features AS kept (user_id, challenge_count, updated_at)
    SELECT counted.user_id, counted.challenge_count, now()
    FROM counted
    LEFT JOIN user_score_features AS stored ON stored.user_id = counted.user_id
    WHERE stored.user_id IS NULL OR stored.challenge_count IS DISTINCT FROM counted.challenge_count
    ORDER BY counted.user_id
    ON CONFLICT (user_id) DO UPDATE SET challenge_count = excluded.challenge_count, updated_at = excluded.updated_at
$$;

-- Rewards that can be claimed at once.
CREATE FUNCTION backbeat.notify_rewards(completed user_challenges[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
    INSERT INTO notification (user_ids, type, group_id, specifier, blocknumber, "timestamp", data)
    SELECT
        ARRAY[c.user_id],
        kind.type,
        format('%s:%s:challenge:%s:specifier:%s', kind.type, c.user_id, c.challenge_id, c.specifier),
        kind.specifier,
        c.completed_blocknumber,
        c.completed_at,
        kind.data
    FROM unnest(completed) AS c
    JOIN challenges AS reward ON reward.id = c.challenge_id AND coalesce(reward.cooldown_days, 0) = 0
    CROSS JOIN LATERAL (
        VALUES
            (
                'claimable_reward',
                c.specifier,
                jsonb_build_object('specifier', c.specifier, 'challenge_id', c.challenge_id, 'amount', c.amount)
            ),
            (
                'challenge_reward',
                c.user_id::text,
                jsonb_build_object(
                    'specifier', c.specifier, 'challenge_id', c.challenge_id, 'amount', c.amount || '00000000'
                ) || CASE
                    WHEN c.challenge_id = 'e' THEN jsonb_build_object('listen_streak', coalesce(
                        (SELECT streak.listen_streak FROM challenge_listen_streak AS streak WHERE streak.user_id = c.user_id),
                        0
                    ))
                    ELSE '{}'
                END
            )
    ) AS kind (type, specifier, data)
    WHERE kind.type <> 'claimable_reward' OR c.challenge_id NOT IN ('tt', 'tp', 'tut', 'dvl')
    ORDER BY 3, 4
    ON CONFLICT (group_id, specifier) DO NOTHING
$$;

-- Rewards that must wait. A user hears of it once an hour: from the first completion that is more than an hour after
-- the last notification, then from the first that is more than an hour after that one.
CREATE FUNCTION backbeat.notify_cooldowns(completed user_challenges[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
    WITH RECURSIVE waiting AS MATERIALIZED (
        SELECT
            c.*,
            row_number() OVER (PARTITION BY c.user_id ORDER BY c.completed_at, c.challenge_id, c.specifier) AS place
        FROM unnest(completed) AS c
        JOIN challenges AS reward ON reward.id = c.challenge_id AND reward.cooldown_days > 0
        WHERE c.challenge_id NOT IN ('b', 's')
    ), heard AS (
        SELECT earner.user_id, 0::bigint AS place, (
            SELECT max(told."timestamp")
            FROM notification AS told
            WHERE told.type = 'reward_in_cooldown' AND told.user_ids @> ARRAY[earner.user_id]
        ) AS last_at
        FROM (SELECT DISTINCT user_id FROM waiting) AS earner
        UNION ALL
        SELECT heard.user_id, next.place, next.completed_at
        FROM heard
        CROSS JOIN LATERAL (
            SELECT waiting.place, waiting.completed_at
            FROM waiting
            WHERE
                waiting.user_id = heard.user_id AND waiting.place > heard.place
                AND (heard.last_at IS NULL OR waiting.completed_at - interval '1 hour' > heard.last_at)
            ORDER BY waiting.place
            LIMIT 1
        ) AS next
    )
    INSERT INTO notification (user_ids, type, group_id, specifier, blocknumber, "timestamp", data)
    SELECT
        ARRAY[c.user_id],
        'reward_in_cooldown',
        format('reward_in_cooldown:%s:challenge:%s:specifier:%s', c.user_id, c.challenge_id, c.specifier),
        c.specifier,
        c.completed_blocknumber,
        c.completed_at,
        jsonb_build_object('specifier', c.specifier, 'challenge_id', c.challenge_id, 'amount', c.amount)
    FROM heard
    JOIN waiting AS c USING (user_id, place)
    ORDER BY 3, 4
    ON CONFLICT (group_id, specifier) DO NOTHING
$$;

CREATE FUNCTION backbeat.notify_tastemakers(completed user_challenges[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
    INSERT INTO notification (user_ids, type, group_id, specifier, blocknumber, "timestamp", data)
    SELECT
        ARRAY[c.user_id],
        'tastemaker',
        format('tastemaker_user_id:%s:tastemaker_item_id:%s', c.user_id, track.track_id),
        track.track_id::text,
        c.completed_blocknumber,
        c.completed_at,
        jsonb_build_object(
            'tastemaker_item_id', track.track_id,
            'tastemaker_item_type', 'track',
            'tastemaker_item_owner_id', track.owner_id,
            'action', CASE
                WHEN EXISTS (
                    SELECT FROM reposts AS r
                    WHERE
                        r.user_id = c.user_id AND r.repost_item_id = track.track_id AND r.repost_type = 'track'
                        AND r.is_current AND NOT r.is_delete
                ) THEN 'repost'
                ELSE 'save'
            END,
            'tastemaker_user_id', c.user_id
        )
    FROM unnest(completed) AS c
    JOIN tracks AS track ON track.track_id = backbeat.from_hex(split_part(c.specifier, ':', 3)) AND track.is_current
    WHERE c.challenge_id = 't'
    ORDER BY 3, 4
    ON CONFLICT (group_id, specifier) DO NOTHING
$$;

-- What trended is found in trending_results, so its row is written first.
CREATE FUNCTION backbeat.notify_trending(completed user_challenges[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
    INSERT INTO notification (user_ids, type, group_id, specifier, blocknumber, "timestamp", data)
    SELECT
        ARRAY[c.user_id],
        kind.type,
        format(
            '%s:time_range:week:genre:all:rank:%s:%s:%s:timestamp:%s',
            kind.type, result.rank, kind.item, result.id, extract(epoch FROM c.completed_at)::bigint
        ),
        result.id,
        c.completed_blocknumber,
        c.completed_at,
        jsonb_build_object('time_range', 'week', 'genre', 'all', 'rank', result.rank, kind.item, result.id::integer)
    FROM unnest(completed) AS c
    JOIN (
        VALUES
            ('tt', 'TRACKS', 'trending', 'track_id'),
            ('tut', 'UNDERGROUND_TRACKS', 'trending_underground', 'track_id'),
            ('tp', 'PLAYLISTS', 'trending_playlist', 'playlist_id')
    ) AS kind (challenge_id, result_type, type, item) ON kind.challenge_id = c.challenge_id
    JOIN trending_results AS result
        ON result.type = kind.result_type
        AND result.user_id = c.user_id
        AND c.specifier = result.week || ':' || result.rank
    ORDER BY 3, 4
    ON CONFLICT (group_id, specifier) DO NOTHING
$$;

CREATE FUNCTION backbeat.complete_challenges() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    completed user_challenges[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(fresh) INTO completed FROM new_rows AS fresh WHERE fresh.is_complete;
    ELSE
        SELECT array_agg(fresh) INTO completed
        FROM new_rows AS fresh
        JOIN old_rows AS before USING (challenge_id, specifier)
        WHERE fresh.is_complete AND NOT before.is_complete;
    END IF;
    IF completed IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM backbeat.count_early_challenges(completed);
    IF current_setting('backbeat.challenge_notifications', true) IS DISTINCT FROM 'off' THEN
        PERFORM backbeat.notify_rewards(completed);
        PERFORM backbeat.notify_cooldowns(completed);
        IF TG_OP = 'INSERT' THEN
            PERFORM backbeat.notify_tastemakers(completed);
            PERFORM backbeat.notify_trending(completed);
        END IF;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER complete_inserted AFTER INSERT ON user_challenges
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.complete_challenges();
CREATE TRIGGER complete_updated AFTER UPDATE ON user_challenges
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.complete_challenges();
