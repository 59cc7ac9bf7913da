-- What user scores are made of, and what tells that one may have changed: docs/explanation/scores.md.

-- What a user ever listened to, as sets, so that "distinct" is exact whatever order plays come in and whatever is pruned
-- from them later. Hours are counted from 1970.
CREATE TABLE backbeat.listened_hours (
    user_id integer NOT NULL,
    hour integer NOT NULL,
    PRIMARY KEY (user_id, hour)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.02);

CREATE TABLE backbeat.listened_tracks (
    user_id integer NOT NULL,
    track_id integer NOT NULL,
    PRIMARY KEY (user_id, track_id)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.02);

-- The counters of hours and tracks follow the sets, beside the job that fills them; plays are written without them.
DROP TRIGGER count_listeners ON plays;
DROP FUNCTION backbeat.count_listeners();

-- "weight": what a user lends to each one it follows; "follower_sum": what its followers lend it, kept only where a
-- score needs it (1 to 1000 followers). Both change often and stand in no index, so updates stay on their page (HOT).
CREATE TABLE backbeat.karma (
    user_id integer PRIMARY KEY,
    weight bigint NOT NULL DEFAULT 0,
    follower_sum bigint,
    points integer GENERATED ALWAYS AS (least(100, round(follower_sum / 100.0))::integer) STORED
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

-- The score (domain: derived state, 3.1 and 3.2): the formula once, over two views of the same features. Listed are the
-- users who have a score.

CREATE FUNCTION backbeat.user_score(
    play_hours bigint,
    distinct_tracks bigint,
    follower_count bigint,
    following_count bigint,
    fast_challenges bigint,
    chat_blocks bigint,
    karma bigint,
    is_verified boolean,
    handle_lc text,
    name text
) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (
        play_hours / 2
        + follower_count
        - fast_challenges
        - 100 * chat_blocks
        + karma
        - CASE WHEN following_count < 5 THEN 1 ELSE 0 END
        - CASE WHEN NOT is_verified AND concat_ws(' ', handle_lc, name) ILIKE '%audius%' THEN 1000 ELSE 0 END
        - CASE WHEN NOT is_verified AND concat_ws(' ', handle_lc, name) ILIKE '%airdrop%' THEN 1000 ELSE 0 END
        - CASE WHEN distinct_tracks <= 3 THEN 10 ELSE 0 END
    )::integer
$$;

COMMENT ON FUNCTION backbeat.user_score (
    bigint, bigint, bigint, bigint, bigint, bigint, bigint, boolean, text, text
) IS 'How far a user is trusted; below 0 it is shadowbanned. Features are never NULL, handle and name may be.';

CREATE FUNCTION backbeat.karma_of(follower_count bigint, points bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN follower_count > 1000 THEN 100
        WHEN follower_count <= 0 THEN 0
        ELSE coalesce(points, 0)
    END
$$;

-- From what is kept up to date: a handful of look-ups a user.
CREATE VIEW backbeat.kept_score_features AS
SELECT
    u.user_id,
    u.is_verified,
    u.handle_lc,
    u.name,
    coalesce(hours.hours_with_play, 0)::bigint AS play_hours,
    coalesce(heard.track_count, 0)::bigint AS distinct_tracks,
    coalesce(counts.follower_count, 0) AS follower_count,
    coalesce(counts.following_count, 0) AS following_count,
    coalesce(early.challenge_count, 0)::bigint AS fast_challenges,
    (SELECT count(*) FROM chat_blocked_users AS blocked WHERE blocked.blockee_user_id = u.user_id) AS chat_blocks,
    backbeat.karma_of(coalesce(counts.follower_count, 0), karma.points) AS karma
FROM users AS u
LEFT JOIN aggregate_user AS counts ON counts.user_id = u.user_id
LEFT JOIN user_distinct_play_hours AS hours ON hours.user_id = u.user_id
LEFT JOIN user_distinct_play_tracks AS heard ON heard.user_id = u.user_id
LEFT JOIN user_score_features AS early ON early.user_id = u.user_id
LEFT JOIN backbeat.karma AS karma ON karma.user_id = u.user_id
WHERE u.is_current AND u.handle_lc IS NOT NULL;

-- From the rows that the features are counted from: what a full pass reads.
CREATE VIEW backbeat.counted_score_features AS
SELECT
    u.user_id,
    u.is_verified,
    u.handle_lc,
    u.name,
    (SELECT count(*) FROM backbeat.listened_hours AS heard WHERE heard.user_id = u.user_id) AS play_hours,
    (SELECT count(*) FROM backbeat.listened_tracks AS heard WHERE heard.user_id = u.user_id) AS distinct_tracks,
    coalesce(counts.follower_count, 0) AS follower_count,
    coalesce(counts.following_count, 0) AS following_count,
    (
        SELECT count(*)
        FROM user_challenges AS earned
        WHERE
            earned.user_id = u.user_id AND earned.is_complete AND earned.challenge_id NOT IN ('m', 'b')
            AND earned.completed_at <= u.created_at + interval '3 minutes'
    ) AS fast_challenges,
    (SELECT count(*) FROM chat_blocked_users AS blocked WHERE blocked.blockee_user_id = u.user_id) AS chat_blocks,
    CASE
        WHEN counts.follower_count > 1000 THEN 100
        WHEN coalesce(counts.follower_count, 0) <= 0 THEN 0
        ELSE coalesce(
            (
                SELECT least(100, round(sum(follower.follower_count) / 100))::bigint
                FROM follows AS edge
                JOIN aggregate_user AS follower ON follower.user_id = edge.follower_user_id
                WHERE
                    edge.followee_user_id = u.user_id AND edge.is_current AND NOT edge.is_delete
                    AND coalesce(follower.following_count, 0) < 10000
            ),
            0
        )
    END AS karma
FROM users AS u
LEFT JOIN aggregate_user AS counts ON counts.user_id = u.user_id
WHERE u.is_current AND u.handle_lc IS NOT NULL;

-- What changed (domain: derived state, 8.4). What tells rows of one key apart is watched too, lest two that swap places
-- look as if nothing had happened.

SELECT backbeat.capture(
    'users', 'score_profiles', ARRAY['user_id'], ARRAY['name', 'handle_lc', 'is_verified', 'is_current', 'created_at']
);
SELECT backbeat.capture(
    'user_challenges', 'early_challenges', ARRAY['user_id'], ARRAY['challenge_id', 'is_complete', 'completed_at']
);
SELECT backbeat.capture(
    'follows', 'follow_edges', ARRAY['followee_user_id'], ARRAY['follower_user_id', 'is_current', 'is_delete']
);
SELECT backbeat.capture('chat_blocked_users', 'scored_users', ARRAY['blockee_user_id']);
SELECT backbeat.capture('user_distinct_play_hours', 'scored_users', ARRAY['user_id'], ARRAY['hours_with_play']);
SELECT backbeat.capture('user_distinct_play_tracks', 'scored_users', ARRAY['user_id'], ARRAY['track_count']);
SELECT backbeat.capture('user_score_features', 'scored_users', ARRAY['user_id'], ARRAY['challenge_count']);
SELECT backbeat.capture('backbeat.karma', 'scored_users', ARRAY['user_id'], ARRAY['points']);

-- Counts in aggregate_user change all day and the block loop changes them, so that only what a score can tell is logged:
-- followers, and whether the user follows 5 others or more, 10,000 or more.
CREATE FUNCTION backbeat.log_followings() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    CASE TG_OP
        WHEN 'INSERT' THEN PERFORM backbeat.log_keys('followings', (
            SELECT array_agg(user_id)::text[] FROM new_rows WHERE follower_count <> 0 OR following_count >= 5
        ));
        WHEN 'UPDATE' THEN PERFORM backbeat.log_keys('followings', (
            SELECT array_agg(user_id)::text[]
            FROM new_rows AS fresh
            JOIN old_rows AS before USING (user_id)
            WHERE
                fresh.follower_count IS DISTINCT FROM before.follower_count
                OR (
                    fresh.following_count IS DISTINCT FROM before.following_count
                    AND width_bucket(coalesce(fresh.following_count, 0), ARRAY[5, 10000]::bigint[])
                    <> width_bucket(coalesce(before.following_count, 0), ARRAY[5, 10000]::bigint[])
                )
        ));
        WHEN 'DELETE' THEN PERFORM backbeat.log_keys('followings', (SELECT array_agg(user_id)::text[] FROM old_rows));
        ELSE PERFORM backbeat.log_everything('followings');
    END CASE;
    RETURN NULL;
END $$;

CREATE TRIGGER log_followings_i AFTER INSERT ON aggregate_user
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.log_followings();
CREATE TRIGGER log_followings_u AFTER UPDATE ON aggregate_user
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.log_followings();
CREATE TRIGGER log_followings_d AFTER DELETE ON aggregate_user
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.log_followings();
CREATE TRIGGER log_followings_t AFTER TRUNCATE ON aggregate_user
    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.log_followings();

-- The genre that most of an owner's tracks have.
SELECT backbeat.capture(
    'tracks', 'owned_tracks', ARRAY['owner_id'],
    ARRAY[
        'genre', 'created_at', 'is_current', 'is_delete', 'is_unlisted', 'is_available', 'stem_of', 'access_authorities'
    ]
);

-- Recounting (domain: derived state, 8.5)

CREATE INDEX comments_by_track ON comments (entity_id) WHERE entity_type = 'Track';

-- How far a verification that goes round and round has come in its present round.
CREATE TABLE backbeat.rounds (
    name text PRIMARY KEY,
    started_at timestamptz NOT NULL,
    after_key bigint NOT NULL DEFAULT -1
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 200);

-- Where the present full pass over user scores is, newest accounts first; no row between two passes.
CREATE TABLE backbeat.score_pass (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    created_at timestamp NOT NULL,
    user_id integer NOT NULL
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 200);

-- What verifications found wrong, ever.
CREATE TABLE backbeat.drift (
    derivation text PRIMARY KEY,
    found_rows bigint NOT NULL,
    found_at timestamptz NOT NULL
);
