-- The network's own tables: what blocks write. Names, types, keys and column order are the network's, so that rows can be
-- compared field by field; docs/reference/schema.md lists where we deviate. "timestamp" columns hold UTC.
--
-- Here: the types of all these tables, chain bookkeeping, users.

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
CREATE INDEX associated_wallets_holder ON associated_wallets (wallet, chain) WHERE is_current;

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
