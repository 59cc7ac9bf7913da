-- Derived tables: what triggers and jobs write from the base tables, and the rows of other networks (Solana, chat, the
-- trusted notifier) that jobs read. Rows that are updated all day leave room on their page and carry no index on a
-- changing column, so that updates stay heap-only; docs/decisions/0005-statement-triggers.md has the figures.

CREATE TYPE challengetype AS ENUM ('boolean', 'numeric', 'aggregate', 'trending');
CREATE TYPE usdc_purchase_content_type AS ENUM ('track', 'playlist', 'album');
CREATE TYPE delist_entity AS ENUM ('TRACKS', 'USERS');
CREATE TYPE delist_user_reason AS ENUM ('STRIKE_THRESHOLD', 'COPYRIGHT_SCHOOL', 'MANUAL');
CREATE TYPE delist_track_reason AS ENUM (
    'DMCA', 'ACR', 'MANUAL', 'ACR_COUNTER_NOTICE', 'DMCA_RETRACTION', 'DMCA_COUNTER_NOTICE',
    'DMCA_AND_ACR_COUNTER_NOTICE'
);

-- How far each derivation has read. bigint, unlike the network's integer: play ids, slots and seconds outgrow 32 bits.

CREATE TABLE indexing_checkpoints (
    tablename varchar PRIMARY KEY,
    last_checkpoint bigint NOT NULL,
    signature varchar
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 200);

-- Counts, kept by statement triggers (0005)

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
CREATE INDEX notification_cooldown_user_ids ON notification USING gin (user_ids) WHERE type = 'reward_in_cooldown';

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
    PRIMARY KEY (track_id, type, version, time_range)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

CREATE TABLE playlist_trending_scores (
    playlist_id integer NOT NULL,
    type varchar NOT NULL,
    version varchar NOT NULL,
    time_range varchar NOT NULL,
    score double precision NOT NULL,
    created_at timestamp NOT NULL,
    PRIMARY KEY (playlist_id, type, version, time_range)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

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
    listen_streak integer NOT NULL
) WITH (fillfactor = 80);

-- Moderation

CREATE TABLE delist_status_cursor (
    host varchar NOT NULL,
    entity delist_entity NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (host, entity)
);

CREATE TABLE user_delist_statuses (
    created_at timestamptz NOT NULL,
    user_id integer NOT NULL,
    delisted boolean NOT NULL,
    reason delist_user_reason NOT NULL,
    PRIMARY KEY (created_at, user_id, delisted)
);

CREATE TABLE track_delist_statuses (
    created_at timestamptz NOT NULL,
    track_id integer NOT NULL,
    owner_id integer NOT NULL,
    track_cid varchar NOT NULL,
    delisted boolean NOT NULL,
    reason delist_track_reason NOT NULL,
    PRIMARY KEY (created_at, track_id, delisted)
);

CREATE TABLE chat_blocked_users (
    blocker_user_id integer NOT NULL,
    blockee_user_id integer NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (blocker_user_id, blockee_user_id)
);
CREATE INDEX chat_blocked_users_blockee ON chat_blocked_users (blockee_user_id);

-- Solana: tips, rewards, purchases. Written by other indexers, read by our jobs.

CREATE TABLE user_tips (
    slot integer NOT NULL,
    signature varchar NOT NULL,
    sender_user_id integer NOT NULL,
    receiver_user_id integer NOT NULL,
    amount bigint NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (slot, signature)
);
CREATE INDEX user_tips_sender_user_id ON user_tips (sender_user_id);
CREATE INDEX user_tips_receiver_user_id ON user_tips (receiver_user_id);

CREATE TABLE aggregate_user_tips (
    sender_user_id integer NOT NULL,
    receiver_user_id integer NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (sender_user_id, receiver_user_id)
) WITH (fillfactor = 80);
CREATE INDEX aggregate_user_tips_receiver_user_id ON aggregate_user_tips (receiver_user_id);

CREATE TABLE supporter_rank_ups (
    slot integer NOT NULL,
    sender_user_id integer NOT NULL,
    receiver_user_id integer NOT NULL,
    rank integer NOT NULL,
    PRIMARY KEY (slot, sender_user_id, receiver_user_id)
);

CREATE TABLE user_bank_txs (
    signature varchar PRIMARY KEY,
    slot integer NOT NULL,
    created_at timestamp NOT NULL
);
CREATE INDEX user_bank_txs_slot ON user_bank_txs (slot);

CREATE TABLE reward_manager_txs (
    signature varchar PRIMARY KEY,
    slot integer NOT NULL,
    created_at timestamp NOT NULL
);
CREATE INDEX reward_manager_txs_slot ON reward_manager_txs (slot);

CREATE TABLE sol_slot_checkpoints (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    from_slot bigint NOT NULL,
    to_slot bigint NOT NULL,
    subscription_hash text NOT NULL,
    subscription jsonb NOT NULL,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE sol_reward_disbursements (
    signature varchar NOT NULL,
    instruction_index integer NOT NULL,
    amount bigint NOT NULL,
    slot bigint NOT NULL,
    user_bank varchar NOT NULL,
    challenge_id varchar NOT NULL,
    specifier varchar NOT NULL,
    recipient_eth_address varchar,
    created_at timestamp DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (signature, instruction_index)
);
CREATE INDEX sol_reward_disbursements_challenge ON sol_reward_disbursements (challenge_id, specifier);
CREATE INDEX sol_reward_disbursements_user_bank ON sol_reward_disbursements (user_bank);

CREATE TABLE sol_purchases (
    signature varchar NOT NULL,
    instruction_index integer NOT NULL,
    amount bigint NOT NULL,
    slot bigint NOT NULL,
    from_account varchar NOT NULL,
    content_type varchar NOT NULL,
    content_id integer NOT NULL,
    buyer_user_id integer NOT NULL,
    access_type varchar NOT NULL,
    valid_after_blocknumber bigint NOT NULL,
    is_valid boolean,
    city varchar,
    region varchar,
    country varchar,
    created_at timestamp DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (signature, instruction_index)
);
CREATE INDEX sol_purchases_buyer ON sol_purchases (buyer_user_id, is_valid);
CREATE INDEX sol_purchases_content ON sol_purchases (content_id, content_type, access_type, is_valid);
CREATE INDEX sol_purchases_validity ON sol_purchases (is_valid, valid_after_blocknumber);

CREATE TABLE sol_payments (
    signature varchar NOT NULL,
    instruction_index integer NOT NULL,
    amount bigint NOT NULL,
    slot bigint NOT NULL,
    route_index integer NOT NULL,
    to_account varchar NOT NULL,
    PRIMARY KEY (signature, instruction_index, route_index)
);
CREATE INDEX sol_payments_to_account ON sol_payments (to_account);

CREATE TABLE usdc_purchases (
    slot integer NOT NULL,
    signature varchar NOT NULL,
    buyer_user_id integer NOT NULL,
    seller_user_id integer NOT NULL,
    amount bigint NOT NULL,
    content_type usdc_purchase_content_type NOT NULL,
    content_id integer NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    extra_amount bigint NOT NULL DEFAULT 0,
    access usdc_purchase_access_type NOT NULL DEFAULT 'stream',
    PRIMARY KEY (slot, signature)
);
CREATE INDEX usdc_purchases_buyer ON usdc_purchases (buyer_user_id);
CREATE INDEX usdc_purchases_seller ON usdc_purchases (seller_user_id);

-- Valid purchases in the shape of the older table. The seller is whoever owns the content now. Amounts are micro-USDC,
-- list prices are cents: one cent is 10,000. Without a price on record nothing counts as extra.
CREATE VIEW v_usdc_purchases AS
SELECT
    purchase.slot,
    purchase.signature,
    purchase.buyer_user_id,
    coalesce(track.owner_id, playlist.playlist_owner_id) AS seller_user_id,
    purchase.amount,
    purchase.content_type::usdc_purchase_content_type AS content_type,
    purchase.content_id,
    purchase.created_at,
    purchase.created_at AS updated_at,
    coalesce(greatest(purchase.amount - 10000 * price.cents, 0), 0) AS extra_amount,
    purchase.access_type::usdc_purchase_access_type AS access,
    purchase.city,
    purchase.region,
    purchase.country,
    payment.splits
FROM sol_purchases AS purchase
LEFT JOIN tracks AS track
    ON purchase.content_type = 'track' AND track.track_id = purchase.content_id AND track.is_current
LEFT JOIN playlists AS playlist
    ON purchase.content_type IN ('playlist', 'album')
    AND playlist.playlist_id = purchase.content_id
    AND playlist.is_current
LEFT JOIN LATERAL (
    SELECT history.total_price_cents AS cents, history.block_timestamp
    FROM track_price_history AS history
    WHERE purchase.content_type = 'track'
        AND history.track_id = purchase.content_id
        AND history.block_timestamp <= purchase.created_at
    UNION ALL
    SELECT history.total_price_cents, history.block_timestamp
    FROM album_price_history AS history
    WHERE purchase.content_type IN ('playlist', 'album')
        AND history.playlist_id = purchase.content_id
        AND history.block_timestamp <= purchase.created_at
    ORDER BY block_timestamp DESC
    LIMIT 1
) AS price ON true
CROSS JOIN LATERAL (
    SELECT coalesce(
        jsonb_agg(
            jsonb_build_object(
                'payout_wallet', route.to_account,
                'amount', route.amount,
                'percentage', route.amount * 100.0 / nullif(purchase.amount, 0)
            )
            ORDER BY route.route_index
        ),
        '[]'
    ) AS splits
    FROM sol_payments AS route
    WHERE route.signature = purchase.signature AND route.instruction_index = purchase.instruction_index
) AS payment
WHERE purchase.is_valid;
