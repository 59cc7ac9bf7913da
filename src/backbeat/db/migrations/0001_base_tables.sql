-- The network's own tables: what blocks write. Names, types, keys and column order are the network's, so that an
-- operator can adopt an existing discovery database and compare rows; docs/reference/schema.md lists where we deviate.
-- "timestamp" columns hold UTC.

CREATE TYPE skippedtransactionlevel AS ENUM ('node', 'network');
CREATE TYPE wallet_chain AS ENUM ('eth', 'sol');
CREATE TYPE profile_type_enum AS ENUM ('label');
CREATE TYPE parental_warning_type AS ENUM (
    'explicit', 'explicit_content_edited', 'not_explicit', 'no_advice_available'
);
CREATE TYPE usdc_purchase_access_type AS ENUM ('stream', 'download');
CREATE TYPE savetype AS ENUM ('track', 'playlist', 'album');
CREATE TYPE reposttype AS ENUM ('track', 'playlist', 'album');
CREATE TYPE sharetype AS ENUM ('track', 'playlist');
CREATE TYPE event_type AS ENUM ('remix_contest', 'live_event', 'new_release');
CREATE TYPE event_entity_type AS ENUM ('track', 'collection', 'user');

-- Chain bookkeeping. Foreign keys point at blocks (number), the dense numbering of blocks that held entity
-- transactions: taking back a block takes back what it wrote.

CREATE TABLE blocks (
    blockhash varchar PRIMARY KEY,
    parenthash varchar,
    is_current boolean,
    number integer,
    UNIQUE (number)
);
CREATE UNIQUE INDEX blocks_current ON blocks (is_current) WHERE is_current;

CREATE TABLE core_indexed_blocks (
    blockhash varchar NOT NULL,
    parenthash varchar,
    chain_id text NOT NULL,
    height integer NOT NULL,
    plays_slot integer DEFAULT 0,
    em_block integer,
    PRIMARY KEY (chain_id, height)
);
CREATE INDEX core_indexed_blocks_blockhash ON core_indexed_blocks (blockhash);

CREATE TABLE skipped_transactions (
    id serial PRIMARY KEY, blocknumber integer NOT NULL, blockhash varchar NOT NULL,
    txhash varchar NOT NULL, created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    level skippedtransactionlevel NOT NULL DEFAULT 'node'
);

CREATE TABLE revert_blocks (
    blocknumber integer PRIMARY KEY REFERENCES blocks (number) ON DELETE CASCADE,
    prev_records jsonb NOT NULL
);

-- Users. In every table with is_current, the unique index over current rows is what the sink's upserts conflict on.

CREATE TABLE users (
    blockhash varchar, user_id integer NOT NULL, is_current boolean NOT NULL, handle varchar,
    wallet varchar, name text, profile_picture varchar, cover_photo varchar, bio varchar,
    location varchar, metadata_multihash varchar, creator_node_endpoint varchar,
    blocknumber integer REFERENCES blocks (number) ON DELETE CASCADE,
    is_verified boolean NOT NULL DEFAULT false, created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, handle_lc varchar,
    cover_photo_sizes varchar, profile_picture_sizes varchar, primary_id integer,
    secondary_ids integer[], replica_set_update_signer varchar,
    has_collectibles boolean NOT NULL DEFAULT false, txhash varchar NOT NULL DEFAULT '',
    playlist_library jsonb, is_deactivated boolean NOT NULL DEFAULT false, slot integer,
    user_storage_account varchar, user_authority_account varchar, artist_pick_track_id integer,
    is_available boolean NOT NULL DEFAULT true, is_storage_v2 boolean NOT NULL DEFAULT false,
    allow_ai_attribution boolean NOT NULL DEFAULT false, spl_usdc_payout_wallet varchar,
    twitter_handle varchar, instagram_handle varchar, tiktok_handle varchar,
    verified_with_twitter boolean DEFAULT false, verified_with_instagram boolean DEFAULT false,
    verified_with_tiktok boolean DEFAULT false, website varchar, donation varchar,
    profile_type profile_type_enum, coin_flair_mint text,
    PRIMARY KEY (user_id, txhash)
);
CREATE UNIQUE INDEX users_current ON users (user_id) WHERE is_current;
CREATE INDEX users_availability ON users (user_id, is_deactivated, is_available, is_current);
CREATE INDEX users_newest ON users (created_at, user_id, is_current);
CREATE INDEX users_active_handle ON users (is_deactivated, is_current, handle_lc, is_available)
    WHERE NOT is_deactivated AND is_current AND is_available AND handle_lc IS NOT NULL;
CREATE INDEX users_handle_lc ON users (handle_lc);
CREATE INDEX users_wallet_lower ON users (lower(wallet));
CREATE INDEX users_wallet ON users (wallet);
CREATE INDEX users_blocknumber ON users (blocknumber);

CREATE TABLE user_events (
    id serial PRIMARY KEY,
    blockhash varchar,
    blocknumber integer REFERENCES blocks (number) ON DELETE CASCADE,
    is_current boolean NOT NULL,
    user_id integer NOT NULL,
    referrer integer,
    is_mobile_user boolean NOT NULL DEFAULT false,
    slot integer
);
CREATE INDEX user_events_user_id ON user_events (user_id);
CREATE INDEX user_events_blocknumber ON user_events (blocknumber);

CREATE TABLE user_pubkeys (
    user_id integer PRIMARY KEY,
    pubkey_base64 text NOT NULL
);

CREATE TABLE user_payout_wallet_history (
    user_id integer NOT NULL, spl_usdc_payout_wallet varchar,
    blocknumber integer NOT NULL REFERENCES blocks (number) ON DELETE CASCADE,
    block_timestamp timestamp NOT NULL, created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (user_id, block_timestamp)
);

CREATE TABLE associated_wallets (
    id serial PRIMARY KEY,
    user_id integer NOT NULL,
    wallet varchar NOT NULL,
    blockhash varchar NOT NULL,
    blocknumber integer NOT NULL REFERENCES blocks (number) ON DELETE CASCADE,
    is_current boolean NOT NULL,
    is_delete boolean NOT NULL,
    chain wallet_chain NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    UNIQUE (user_id, wallet, chain)
);
CREATE INDEX associated_wallets_wallet ON associated_wallets (wallet);

CREATE TABLE dashboard_wallet_users (
    wallet varchar NOT NULL, user_id integer NOT NULL, is_delete boolean NOT NULL DEFAULT false,
    updated_at timestamp NOT NULL, created_at timestamp NOT NULL, blockhash varchar,
    blocknumber integer REFERENCES blocks (number) ON DELETE CASCADE,
    txhash varchar NOT NULL,
    UNIQUE (wallet),
    PRIMARY KEY (user_id, wallet)
);

CREATE TABLE collectibles (
    user_id integer PRIMARY KEY,
    data jsonb NOT NULL,
    blockhash text NOT NULL,
    blocknumber integer NOT NULL REFERENCES blocks (number) ON DELETE CASCADE,
    created_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamptz DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE encrypted_emails (
    id serial PRIMARY KEY, email_owner_user_id integer NOT NULL, encrypted_email text NOT NULL,
    created_at timestamptz DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    UNIQUE (email_owner_user_id)
);

CREATE TABLE email_access (
    id serial PRIMARY KEY, email_owner_user_id integer NOT NULL, receiving_user_id integer NOT NULL,
    grantor_user_id integer NOT NULL, encrypted_key text NOT NULL,
    created_at timestamptz DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    is_initial boolean NOT NULL DEFAULT false,
    UNIQUE (email_owner_user_id, receiving_user_id, grantor_user_id)
);
CREATE INDEX email_access_receiving_user_id ON email_access (receiving_user_id);
CREATE INDEX email_access_grantor_user_id ON email_access (grantor_user_id);

CREATE TABLE muted_users (
    muted_user_id integer NOT NULL, user_id integer NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, is_delete boolean DEFAULT false,
    txhash text NOT NULL, blockhash text NOT NULL,
    blocknumber integer REFERENCES blocks (number) ON DELETE CASCADE,
    PRIMARY KEY (muted_user_id, user_id)
);

-- Tracks

CREATE TABLE tracks (
    blockhash varchar, track_id integer NOT NULL, is_current boolean NOT NULL,
    is_delete boolean NOT NULL, owner_id integer NOT NULL, title text, cover_art varchar, tags varchar,
    genre varchar, mood varchar, credits_splits varchar, create_date varchar, file_type varchar,
    metadata_multihash varchar,
    blocknumber integer REFERENCES blocks (number) ON DELETE CASCADE,
    created_at timestamp NOT NULL, description varchar, isrc varchar, iswc varchar, license varchar,
    updated_at timestamp NOT NULL, cover_art_sizes varchar, is_unlisted boolean NOT NULL DEFAULT false,
    field_visibility jsonb, route_id varchar, stem_of jsonb, remix_of jsonb,
    txhash varchar NOT NULL DEFAULT '', slot integer, is_available boolean NOT NULL DEFAULT true,
    stream_conditions jsonb, track_cid varchar, is_playlist_upload boolean NOT NULL DEFAULT false,
    duration integer DEFAULT 0, ai_attribution_user_id integer, preview_cid varchar,
    audio_upload_id varchar, preview_start_seconds double precision, release_date timestamp,
    track_segments jsonb NOT NULL DEFAULT '[]', is_scheduled_release boolean NOT NULL DEFAULT false,
    is_downloadable boolean NOT NULL DEFAULT false, download_conditions jsonb,
    is_original_available boolean NOT NULL DEFAULT false, orig_file_cid varchar, orig_filename varchar,
    playlists_containing_track integer[] NOT NULL DEFAULT '{}', placement_hosts text, ddex_app varchar,
    ddex_release_ids jsonb, artists jsonb, resource_contributors jsonb,
    indirect_resource_contributors jsonb, rights_controller jsonb, copyright_line jsonb,
    producer_copyright_line jsonb, parental_warning_type varchar,
    playlists_previously_containing_track jsonb NOT NULL DEFAULT '{}', allowed_api_keys text[],
    bpm double precision, musical_key varchar, audio_analysis_error_count integer NOT NULL DEFAULT 0,
    is_custom_bpm boolean DEFAULT false, is_custom_musical_key boolean DEFAULT false,
    comments_disabled boolean DEFAULT false, pinned_comment_id integer,
    cover_original_song_title varchar, cover_original_artist varchar,
    is_owned_by_user boolean NOT NULL DEFAULT false, is_stream_gated boolean DEFAULT false,
    is_download_gated boolean DEFAULT false, no_ai_use boolean DEFAULT false,
    parental_warning parental_warning_type, territory_codes text[], access_authorities text[],
    CONSTRAINT tracks_territory_codes CHECK (
        cardinality(territory_codes) > 0
        AND array_to_string(territory_codes, ',', '*') ~ '^[A-Z]{2}(,[A-Z]{2})*$'
        AND length(array_to_string(territory_codes, ',', '*')) = 3 * cardinality(territory_codes) - 1
    ),
    PRIMARY KEY (track_id, txhash)
);
CREATE UNIQUE INDEX tracks_current ON tracks (track_id) WHERE is_current;
CREATE INDEX tracks_listed ON tracks (track_id, owner_id, genre, is_unlisted, is_delete) WHERE stem_of IS NULL;
CREATE INDEX tracks_visibility ON tracks (track_id, is_unlisted, is_available, is_delete, is_current);
CREATE INDEX tracks_by_owner ON tracks (owner_id, created_at);
CREATE INDEX tracks_created_at ON tracks (created_at);
CREATE INDEX tracks_track_cid_is_delete ON tracks (track_cid, is_delete);
CREATE INDEX tracks_ai_attribution ON tracks (ai_attribution_user_id) WHERE ai_attribution_user_id IS NOT NULL;
CREATE INDEX tracks_blocknumber ON tracks (blocknumber);
CREATE INDEX tracks_ddex_release_ids ON tracks USING gin (ddex_release_ids);
CREATE INDEX tracks_stream_conditions ON tracks USING gin (stream_conditions);

CREATE TABLE track_routes (
    slug varchar NOT NULL,
    title_slug varchar NOT NULL,
    collision_id integer NOT NULL,
    owner_id integer NOT NULL,
    track_id integer NOT NULL,
    is_current boolean NOT NULL,
    blockhash varchar NOT NULL,
    blocknumber integer NOT NULL,
    txhash varchar NOT NULL,
    PRIMARY KEY (owner_id, slug)
);
CREATE INDEX track_routes_track_id ON track_routes (track_id);
CREATE INDEX track_routes_owner_id_title_slug ON track_routes (owner_id, title_slug);

CREATE TABLE stems (
    parent_track_id integer NOT NULL,
    child_track_id integer NOT NULL,
    PRIMARY KEY (parent_track_id, child_track_id)
);

CREATE TABLE remixes (
    parent_track_id integer NOT NULL,
    child_track_id integer NOT NULL,
    PRIMARY KEY (parent_track_id, child_track_id)
);
CREATE INDEX remixes_by_child ON remixes (child_track_id, parent_track_id);

CREATE TABLE track_downloads (
    txhash varchar NOT NULL,
    blocknumber integer NOT NULL REFERENCES blocks (number) ON DELETE CASCADE,
    parent_track_id integer NOT NULL, track_id integer NOT NULL, user_id integer,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, city varchar, region varchar,
    country varchar,
    PRIMARY KEY (parent_track_id, track_id, txhash)
);

CREATE TABLE track_price_history (
    track_id integer NOT NULL, splits jsonb NOT NULL, total_price_cents bigint NOT NULL,
    blocknumber integer NOT NULL REFERENCES blocks (number) ON DELETE CASCADE,
    block_timestamp timestamp NOT NULL, created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    access usdc_purchase_access_type NOT NULL DEFAULT 'stream',
    PRIMARY KEY (track_id, block_timestamp)
);

CREATE TABLE track_collaborators (
    track_id integer NOT NULL,
    collaborator_user_id integer NOT NULL,
    invited_by integer NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'accepted', 'rejected')),
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL,
    txhash varchar NOT NULL,
    blocknumber integer,
    PRIMARY KEY (track_id, collaborator_user_id)
);
CREATE INDEX track_collaborators_by_user ON track_collaborators (collaborator_user_id, status, track_id);

-- Playlists; an album is a playlist with is_album

CREATE TABLE playlists (
    blockhash varchar,
    blocknumber integer REFERENCES blocks (number) ON DELETE CASCADE,
    playlist_id integer NOT NULL, playlist_owner_id integer NOT NULL, is_album boolean NOT NULL,
    is_private boolean NOT NULL, playlist_name varchar, playlist_contents jsonb NOT NULL,
    playlist_image_multihash varchar, is_current boolean NOT NULL, is_delete boolean NOT NULL,
    description varchar, created_at timestamp NOT NULL, upc varchar, updated_at timestamp NOT NULL,
    playlist_image_sizes_multihash varchar, txhash varchar NOT NULL DEFAULT '', last_added_to timestamp,
    slot integer, metadata_multihash varchar, is_image_autogenerated boolean NOT NULL DEFAULT false,
    stream_conditions jsonb, ddex_app varchar, ddex_release_ids jsonb, artists jsonb,
    copyright_line jsonb, producer_copyright_line jsonb, parental_warning_type varchar,
    is_scheduled_release boolean NOT NULL DEFAULT false, release_date timestamp,
    is_stream_gated boolean DEFAULT false,
    PRIMARY KEY (playlist_id, txhash)
);
CREATE UNIQUE INDEX playlists_current ON playlists (playlist_id) WHERE is_current;
CREATE INDEX playlists_visibility ON playlists (playlist_id, is_album, is_private, is_delete, is_current);
CREATE INDEX playlists_by_owner ON playlists (playlist_owner_id, created_at);
CREATE INDEX playlists_created_at ON playlists (created_at);
CREATE INDEX playlists_blocknumber ON playlists (blocknumber);

CREATE TABLE playlist_routes (
    slug varchar NOT NULL,
    title_slug varchar NOT NULL,
    collision_id integer NOT NULL,
    owner_id integer NOT NULL,
    playlist_id integer NOT NULL,
    is_current boolean NOT NULL,
    blockhash varchar NOT NULL,
    blocknumber integer NOT NULL,
    txhash varchar NOT NULL,
    PRIMARY KEY (owner_id, slug)
);
CREATE INDEX playlist_routes_playlist_id ON playlist_routes (playlist_id);
CREATE INDEX playlist_routes_owner_id_title_slug ON playlist_routes (owner_id, title_slug);

CREATE TABLE playlist_tracks (
    playlist_id integer NOT NULL,
    track_id integer NOT NULL,
    is_removed boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (playlist_id, track_id)
);
CREATE INDEX playlist_tracks_track_id_created_at ON playlist_tracks (track_id, created_at);

CREATE TABLE album_price_history (
    playlist_id integer NOT NULL, splits jsonb NOT NULL, total_price_cents bigint NOT NULL,
    blocknumber integer NOT NULL REFERENCES blocks (number) ON DELETE CASCADE,
    block_timestamp timestamp NOT NULL, created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (playlist_id, block_timestamp)
);

CREATE TABLE playlist_seen (
    user_id integer NOT NULL, playlist_id integer NOT NULL, seen_at timestamp NOT NULL,
    is_current boolean NOT NULL,
    blocknumber integer REFERENCES blocks (number) ON DELETE CASCADE,
    blockhash varchar, txhash varchar,
    PRIMARY KEY (user_id, playlist_id, seen_at)
);

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
CREATE INDEX saves_blocknumber ON saves (blocknumber);

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

CREATE TABLE oauth_redirect_uris (
    id serial PRIMARY KEY,
    client_id varchar NOT NULL,
    redirect_uri text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    UNIQUE (client_id, redirect_uri)
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
