-- backbeat: needs functions/magnitude
-- Derived tables of the network: what triggers and jobs write from the base tables. Rows that are updated all day leave
-- room on their page and carry no index on a changing column, so that updates stay heap-only;
-- docs/decisions/0005-statement-triggers.md has the figures.

CREATE TYPE challengetype AS ENUM ('boolean', 'numeric', 'aggregate', 'trending');

-- How far each derivation has read. bigint, unlike the network's integer: play ids, slots and seconds outgrow 32 bits.

CREATE TABLE indexing_checkpoints (
    tablename varchar PRIMARY KEY,
    last_checkpoint bigint NOT NULL,
    signature varchar
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 200, autovacuum_analyze_threshold = 500000);

-- Counts, kept by statement triggers (schema/triggers)

CREATE TABLE aggregate_user (
    user_id integer PRIMARY KEY,
    track_count bigint DEFAULT 0,
    playlist_count bigint DEFAULT 0,
    album_count bigint DEFAULT 0,
    follower_count bigint DEFAULT 0,
    following_count bigint DEFAULT 0,
    repost_count bigint DEFAULT 0,
    track_save_count bigint DEFAULT 0,
    supporter_count integer NOT NULL DEFAULT 0,
    supporting_count integer NOT NULL DEFAULT 0,
    dominant_genre varchar,
    dominant_genre_count integer DEFAULT 0,
    score integer DEFAULT 0,
    total_track_count bigint DEFAULT 0,
    track_share_count integer DEFAULT 0,
    total_playlist_count bigint DEFAULT 0,
    total_album_count bigint DEFAULT 0
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

CREATE TABLE aggregate_track (
    track_id integer PRIMARY KEY,
    repost_count integer NOT NULL DEFAULT 0,
    save_count integer NOT NULL DEFAULT 0,
    comment_count integer DEFAULT 0,
    share_count integer DEFAULT 0
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

CREATE TABLE aggregate_playlist (
    playlist_id integer PRIMARY KEY,
    is_album boolean,
    repost_count integer DEFAULT 0,
    save_count integer DEFAULT 0,
    share_count integer DEFAULT 0
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

CREATE TABLE aggregate_plays (
    play_item_id integer PRIMARY KEY,
    count bigint
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

CREATE TABLE aggregate_monthly_plays (
    play_item_id integer NOT NULL,
    "timestamp" date NOT NULL DEFAULT CURRENT_DATE,
    count integer NOT NULL,
    country text NOT NULL DEFAULT '',
    PRIMARY KEY (play_item_id, "timestamp", country)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

-- Whom a user follows and is followed by, each a Roaring bitmap (backbeat.roaring); kept where a setting wants it.
CREATE TABLE user_social_sets (
    user_id integer PRIMARY KEY,
    followees_bitmap bytea NOT NULL DEFAULT '\x',
    followers_bitmap bytea NOT NULL DEFAULT '\x',
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE user_distinct_play_hours (
    user_id integer PRIMARY KEY,
    hours_with_play integer NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

CREATE TABLE user_distinct_play_tracks (
    user_id integer PRIMARY KEY,
    track_count integer NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

CREATE TABLE milestones (
    id integer NOT NULL,
    name varchar NOT NULL,
    threshold integer NOT NULL,
    blocknumber integer,
    slot integer,
    "timestamp" timestamp NOT NULL,
    PRIMARY KEY (id, name, threshold)
);
CREATE INDEX milestones_name_id ON milestones (name, id);

CREATE TABLE notification (
    id serial PRIMARY KEY,
    specifier varchar NOT NULL,
    group_id varchar NOT NULL,
    type varchar NOT NULL,
    slot integer,
    blocknumber integer,
    "timestamp" timestamp NOT NULL,
    data jsonb,
    user_ids integer[],
    type_v2 varchar,
    CONSTRAINT uq_notification UNIQUE (group_id, specifier)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05);
CREATE INDEX notification_announcements ON notification (type, "timestamp") WHERE type = 'announcement';
CREATE INDEX notification_user_ids ON notification USING gin (user_ids);
-- When a user was told last that a reward waits, or that one was paid
CREATE INDEX notification_cooldowns ON notification ((user_ids[1]), "timestamp") WHERE type = 'reward_in_cooldown';
CREATE INDEX notification_rewards ON notification ((user_ids[1]), "timestamp") WHERE type = 'challenge_reward';
-- What a user was told can be claimed, by when it was completed
CREATE INDEX notification_claimable ON notification ((user_ids[1]), "timestamp") WHERE type = 'claimable_reward';
-- Who was told of which trend last
CREATE INDEX notification_trends ON notification (type, specifier, "timestamp" DESC)
    WHERE type IN ('trending', 'trending_underground', 'trending_playlist');

-- Plays, rolled up

CREATE TABLE hourly_play_counts (
    hourly_timestamp timestamp PRIMARY KEY,
    play_count integer NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200);

CREATE TABLE user_listening_history (
    user_id integer PRIMARY KEY,
    listening_history jsonb
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

CREATE TABLE user_score_features (
    user_id integer PRIMARY KEY,
    challenge_count integer DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
) WITH (fillfactor = 80);

-- Trending. Scores change all day and are read by key only; what people list is kept apart, in small tables.

CREATE TABLE track_trending_scores (
    track_id integer NOT NULL,
    type varchar NOT NULL,
    genre varchar,
    version varchar NOT NULL,
    time_range varchar NOT NULL,
    score double precision NOT NULL,
    created_at timestamp NOT NULL,
    magnitude smallint GENERATED ALWAYS AS (backbeat.magnitude(score)) STORED,
    PRIMARY KEY (track_id, type, version, time_range)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
-- Lists are read in the order of magnitudes, and only the few rows of the last one are sorted for it. An index on the
-- score itself would have to be rewritten with every change.
CREATE INDEX track_trending_scores_order ON track_trending_scores (
    version, time_range, magnitude DESC, track_id DESC
) WHERE type = 'TRACKS';
CREATE INDEX track_trending_scores_genre_order ON track_trending_scores (
    version, time_range, genre, magnitude DESC, track_id DESC
) WHERE type = 'TRACKS' AND genre IS NOT NULL;

CREATE TABLE playlist_trending_scores (
    playlist_id integer NOT NULL,
    type varchar NOT NULL,
    version varchar NOT NULL,
    time_range varchar NOT NULL,
    score double precision NOT NULL,
    created_at timestamp NOT NULL,
    magnitude smallint GENERATED ALWAYS AS (backbeat.magnitude(score)) STORED,
    PRIMARY KEY (playlist_id, type, version, time_range)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
CREATE INDEX playlist_trending_scores_order ON playlist_trending_scores (
    version, time_range, magnitude DESC, playlist_id DESC
) WHERE type = 'PLAYLISTS';

CREATE TABLE trending_results (
    user_id integer NOT NULL,
    id varchar,
    rank integer NOT NULL,
    type varchar NOT NULL,
    version varchar NOT NULL,
    week date NOT NULL,
    PRIMARY KEY (rank, type, version, week)
);

-- Challenges

CREATE TABLE challenges (
    id varchar PRIMARY KEY,
    type challengetype NOT NULL,
    amount varchar NOT NULL,
    active boolean NOT NULL,
    step_count integer,
    starting_block integer,
    weekly_pool integer,
    cooldown_days integer
);

CREATE TABLE user_challenges (
    challenge_id varchar NOT NULL REFERENCES challenges (id),
    user_id integer NOT NULL,
    specifier varchar NOT NULL,
    is_complete boolean NOT NULL,
    current_step_count integer,
    completed_blocknumber integer,
    amount integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    completed_at timestamp,
    PRIMARY KEY (challenge_id, specifier)
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX user_challenges_user_id ON user_challenges (user_id);
CREATE INDEX user_challenges_capped ON user_challenges (challenge_id, split_part(specifier, ':', 1))
    WHERE challenge_id IN ('cs', 'w');
CREATE INDEX user_challenges_contest_prizes ON user_challenges (created_at) WHERE challenge_id = 'w';

CREATE TABLE challenge_disbursements (
    challenge_id varchar NOT NULL,
    user_id integer NOT NULL,
    specifier varchar NOT NULL,
    signature varchar NOT NULL,
    slot integer NOT NULL,
    amount varchar NOT NULL,
    created_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (challenge_id, specifier)
);
CREATE INDEX challenge_disbursements_user_id ON challenge_disbursements (user_id);
CREATE INDEX challenge_disbursements_created_at ON challenge_disbursements (created_at);
CREATE INDEX challenge_disbursements_slot ON challenge_disbursements (slot);
-- What a transfer that becomes known paid
CREATE INDEX challenge_disbursements_signature ON challenge_disbursements (signature);

CREATE TABLE challenge_profile_completion (
    user_id integer PRIMARY KEY,
    profile_description boolean NOT NULL,
    profile_name boolean NOT NULL,
    profile_picture boolean NOT NULL,
    profile_cover_photo boolean NOT NULL,
    follows boolean NOT NULL,
    favorites boolean NOT NULL,
    reposts boolean NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE challenge_listen_streak (
    user_id integer PRIMARY KEY,
    last_listen_date timestamp,
    listen_streak integer NOT NULL,
    began_at timestamp -- ours: the play that the streak began with; NULL where another program kept it
) WITH (fillfactor = 80);
-- Whose streak is about to break is found by when it last moved.
CREATE INDEX challenge_listen_streak_last ON challenge_listen_streak (last_listen_date);
