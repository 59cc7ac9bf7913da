-- What blocks write: follows, saves, reposts, shares, subscriptions, comments, apps, grants, events, reactions, plays.

-- Social

CREATE TABLE follows (
    blockhash varchar,
    blocknumber integer REFERENCES blocks (number) ON DELETE CASCADE,
    follower_user_id integer NOT NULL,
    followee_user_id integer NOT NULL,
    is_current boolean NOT NULL,
    is_delete boolean NOT NULL,
    created_at timestamp NOT NULL,
    txhash varchar NOT NULL DEFAULT '',
    slot integer,
    PRIMARY KEY (follower_user_id, followee_user_id, txhash)
);
CREATE UNIQUE INDEX follows_current ON follows (follower_user_id, followee_user_id) WHERE is_current;
CREATE INDEX follows_followers ON follows (followee_user_id, follower_user_id, is_delete);
CREATE INDEX follows_blocknumber ON follows (blocknumber);

CREATE TABLE saves (
    blockhash varchar,
    blocknumber integer REFERENCES blocks (number) ON DELETE CASCADE,
    user_id integer NOT NULL,
    save_item_id integer NOT NULL,
    save_type savetype NOT NULL,
    is_current boolean NOT NULL,
    is_delete boolean NOT NULL,
    created_at timestamp NOT NULL,
    txhash varchar NOT NULL DEFAULT '',
    slot integer,
    is_save_of_repost boolean NOT NULL DEFAULT false,
    PRIMARY KEY (user_id, save_item_id, save_type, txhash)
);
CREATE UNIQUE INDEX saves_current ON saves (user_id, save_item_id, save_type) WHERE is_current;
CREATE INDEX saves_by_item ON saves (save_item_id, save_type, user_id, is_delete);
CREATE INDEX saves_by_user ON saves (user_id, save_type, save_item_id, is_delete);
CREATE INDEX saves_created_at ON saves (created_at);
CREATE INDEX saves_blocknumber ON saves (blocknumber);
-- Saves and reposts of playlists as they leave the windows of a week, a month, a year
CREATE INDEX saves_of_playlists ON saves (created_at) INCLUDE (save_item_id)
    WHERE save_type = 'playlist' AND is_current AND NOT is_delete;

CREATE TABLE reposts (
    blockhash varchar,
    blocknumber integer REFERENCES blocks (number) ON DELETE CASCADE,
    user_id integer NOT NULL,
    repost_item_id integer NOT NULL,
    repost_type reposttype NOT NULL,
    is_current boolean NOT NULL,
    is_delete boolean NOT NULL,
    created_at timestamp NOT NULL,
    txhash varchar NOT NULL DEFAULT '',
    slot integer,
    is_repost_of_repost boolean NOT NULL DEFAULT false,
    PRIMARY KEY (user_id, repost_item_id, repost_type, txhash)
);
CREATE UNIQUE INDEX reposts_current ON reposts (user_id, repost_item_id, repost_type) WHERE is_current;
CREATE INDEX reposts_by_item ON reposts (repost_item_id, repost_type, user_id, is_delete);
CREATE INDEX reposts_by_user ON reposts (user_id, repost_type, repost_item_id, created_at, is_delete);
CREATE INDEX reposts_created_at ON reposts (created_at);
CREATE INDEX reposts_blocknumber ON reposts (blocknumber);
CREATE INDEX reposts_of_playlists ON reposts (created_at) INCLUDE (repost_item_id)
    WHERE repost_type = 'playlist' AND is_current AND NOT is_delete;

CREATE TABLE shares (
    blockhash varchar,
    blocknumber integer,
    user_id integer NOT NULL,
    share_item_id integer NOT NULL,
    share_type sharetype NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    txhash varchar NOT NULL DEFAULT '',
    slot integer,
    PRIMARY KEY (user_id, share_item_id, share_type, txhash)
);
CREATE INDEX shares_by_item ON shares (share_item_id, share_type, user_id);
CREATE INDEX shares_by_user ON shares (user_id, share_type, share_item_id, created_at);
CREATE INDEX shares_created_at ON shares (created_at);
CREATE INDEX shares_slot ON shares (slot);
CREATE INDEX shares_blocknumber ON shares (blocknumber);

CREATE TABLE subscriptions (
    blockhash varchar,
    blocknumber integer REFERENCES blocks (number) ON DELETE CASCADE,
    subscriber_id integer NOT NULL,
    user_id integer NOT NULL,
    is_current boolean NOT NULL,
    is_delete boolean NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    txhash varchar NOT NULL DEFAULT '',
    entity_type text NOT NULL DEFAULT 'User',
    entity_id integer,
    PRIMARY KEY (subscriber_id, user_id, txhash)
);
CREATE UNIQUE INDEX subscriptions_current ON subscriptions (subscriber_id, user_id, entity_type) WHERE is_current;
CREATE INDEX subscriptions_user_id ON subscriptions (user_id);
CREATE INDEX subscriptions_entity_type_entity_id ON subscriptions (entity_type, entity_id);
CREATE INDEX subscriptions_of_events ON subscriptions (entity_id, subscriber_id)
    WHERE entity_type = 'Event' AND is_current AND NOT is_delete;
CREATE INDEX subscriptions_blocknumber ON subscriptions (blocknumber);

-- Comments

CREATE TABLE comments (
    comment_id integer PRIMARY KEY,
    text text NOT NULL,
    user_id integer NOT NULL,
    entity_id integer NOT NULL,
    entity_type text NOT NULL,
    track_timestamp_s bigint,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    is_delete boolean DEFAULT false,
    is_visible boolean DEFAULT true,
    is_edited boolean DEFAULT false,
    txhash text NOT NULL,
    blockhash text NOT NULL,
    blocknumber integer REFERENCES blocks (number) ON DELETE CASCADE,
    is_members_only boolean DEFAULT false,
    video_url varchar
);
CREATE INDEX comments_blocknumber ON comments (blocknumber);
CREATE INDEX comments_by_user ON comments (user_id, created_at);
CREATE INDEX comments_by_track ON comments (entity_id) WHERE entity_type = 'Track';

CREATE TABLE comment_mentions (
    comment_id integer NOT NULL, user_id integer NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, is_delete boolean DEFAULT false,
    txhash text NOT NULL, blockhash text NOT NULL,
    blocknumber integer REFERENCES blocks (number) ON DELETE CASCADE,
    PRIMARY KEY (comment_id, user_id)
);

CREATE TABLE comment_threads (
    comment_id integer NOT NULL,
    parent_comment_id integer NOT NULL,
    PRIMARY KEY (parent_comment_id, comment_id)
);
-- What a comment answers
CREATE INDEX comment_threads_comment ON comment_threads (comment_id);

CREATE TABLE comment_reactions (
    comment_id integer NOT NULL, user_id integer NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, is_delete boolean DEFAULT false,
    txhash text NOT NULL, blockhash text NOT NULL,
    blocknumber integer REFERENCES blocks (number) ON DELETE CASCADE,
    PRIMARY KEY (comment_id, user_id)
);

CREATE TABLE comment_reports (
    comment_id integer NOT NULL, user_id integer NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, is_delete boolean DEFAULT false,
    txhash text NOT NULL, blockhash text NOT NULL,
    blocknumber integer REFERENCES blocks (number) ON DELETE CASCADE,
    PRIMARY KEY (comment_id, user_id)
);

CREATE TABLE comment_notification_settings (
    user_id integer NOT NULL, entity_id integer NOT NULL, entity_type text NOT NULL,
    is_muted boolean DEFAULT false, created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (user_id, entity_id, entity_type)
);

-- Apps, grants, events, reactions

CREATE TABLE developer_apps (
    address varchar NOT NULL,
    blockhash varchar,
    blocknumber integer REFERENCES blocks (number) ON DELETE CASCADE,
    user_id integer,
    name varchar NOT NULL,
    is_personal_access boolean NOT NULL DEFAULT false,
    is_delete boolean NOT NULL DEFAULT false,
    created_at timestamp NOT NULL,
    txhash varchar NOT NULL,
    is_current boolean NOT NULL,
    updated_at timestamp NOT NULL,
    description varchar(255),
    image_url varchar,
    PRIMARY KEY (address, txhash)
);
CREATE UNIQUE INDEX developer_apps_current ON developer_apps (address) WHERE is_current;
CREATE INDEX developer_apps_active ON developer_apps (user_id, created_at)
    WHERE is_current AND is_delete IS NOT TRUE;

CREATE TABLE oauth_redirect_uris (
    client_id varchar NOT NULL,
    redirect_uri text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (client_id, redirect_uri)
);

CREATE TABLE grants (
    blockhash varchar,
    blocknumber integer REFERENCES blocks (number) ON DELETE CASCADE,
    grantee_address varchar NOT NULL,
    user_id integer NOT NULL,
    is_revoked boolean NOT NULL DEFAULT false,
    is_current boolean NOT NULL,
    is_approved boolean,
    updated_at timestamp NOT NULL,
    created_at timestamp NOT NULL,
    txhash varchar NOT NULL,
    PRIMARY KEY (grantee_address, user_id, txhash)
);
CREATE UNIQUE INDEX grants_current ON grants (grantee_address, user_id) WHERE is_current;

CREATE TABLE events (
    event_id integer PRIMARY KEY,
    event_type event_type NOT NULL,
    user_id integer NOT NULL,
    entity_type event_entity_type,
    entity_id integer,
    end_date timestamp,
    is_deleted boolean DEFAULT false,
    event_data jsonb,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    txhash text NOT NULL,
    blockhash text NOT NULL,
    blocknumber integer REFERENCES blocks (number)
);
CREATE INDEX events_event_type ON events (event_type);
CREATE INDEX events_entity_type ON events (entity_type);
CREATE INDEX events_entity_id ON events (entity_id);
CREATE INDEX events_end_date ON events (end_date);
CREATE INDEX events_created_at ON events (created_at);
CREATE INDEX events_blocknumber ON events (blocknumber);
CREATE INDEX events_open ON events (entity_id, event_type, end_date) WHERE is_deleted IS NOT TRUE;
CREATE INDEX events_contest_host ON events (user_id) WHERE event_type = 'remix_contest';
CREATE INDEX events_contest_winners ON events USING gin ((event_data -> 'winners')) WHERE event_type = 'remix_contest';

CREATE TABLE reactions (
    id serial PRIMARY KEY,
    reaction_value integer NOT NULL,
    sender_wallet varchar NOT NULL,
    reaction_type varchar NOT NULL,
    reacted_to varchar NOT NULL,
    "timestamp" timestamp NOT NULL,
    blocknumber integer REFERENCES blocks (number) ON DELETE CASCADE
);
CREATE INDEX reactions_reacted_to_reaction_type ON reactions (reacted_to, reaction_type);

CREATE TABLE notification_seen (
    user_id integer NOT NULL,
    seen_at timestamp NOT NULL,
    blocknumber integer REFERENCES blocks (number) ON DELETE CASCADE,
    blockhash varchar,
    txhash varchar,
    PRIMARY KEY (user_id, seen_at)
);
CREATE INDEX notification_seen_blocknumber ON notification_seen (blocknumber);

-- Plays. There is no key besides id: repeats inside a transaction are plays of their own.

CREATE TABLE plays (
    id serial PRIMARY KEY,
    user_id integer,
    source varchar,
    play_item_id integer NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    slot integer,
    signature varchar,
    city varchar,
    region varchar,
    country varchar
) WITH (
    -- Insert-only: vacuum early, so that index-only scans over recent plays stay index-only.
    autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02
);
CREATE INDEX plays_by_user ON plays (user_id, play_item_id, created_at) WHERE user_id IS NOT NULL;
CREATE INDEX plays_created_at ON plays (created_at);
CREATE INDEX plays_slot ON plays (slot);
-- Not (signature): nothing reads it, and its random inserts cost more than all else that a play costs.
