-- Tables of the network that other programs write and jobs read: the trusted notifier, chat, the Solana indexers.

CREATE TYPE usdc_purchase_content_type AS ENUM ('track', 'playlist', 'album');
CREATE TYPE delist_entity AS ENUM ('TRACKS', 'USERS');
CREATE TYPE delist_user_reason AS ENUM ('STRIKE_THRESHOLD', 'COPYRIGHT_SCHOOL', 'MANUAL');
CREATE TYPE delist_track_reason AS ENUM (
    'DMCA', 'ACR', 'MANUAL', 'ACR_COUNTER_NOTICE', 'DMCA_RETRACTION', 'DMCA_COUNTER_NOTICE',
    'DMCA_AND_ACR_COUNTER_NOTICE'
);

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
-- Tips, and below purchases, that our chain has come to
CREATE INDEX user_tips_created_at ON user_tips (created_at);
-- The tip that a reaction names
CREATE INDEX user_tips_signature ON user_tips (signature, receiver_user_id, slot);

CREATE TABLE aggregate_user_tips (
    sender_user_id integer NOT NULL,
    receiver_user_id integer NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (sender_user_id, receiver_user_id)
) WITH (fillfactor = 80);
-- A receiver's first supporters, however many there are
CREATE INDEX aggregate_user_tips_receiver_user_id ON aggregate_user_tips (receiver_user_id, amount DESC);

CREATE TABLE supporter_rank_ups (
    slot integer NOT NULL,
    sender_user_id integer NOT NULL,
    receiver_user_id integer NOT NULL,
    rank integer NOT NULL,
    PRIMARY KEY (slot, sender_user_id, receiver_user_id)
);
-- Who was first before
CREATE INDEX supporter_rank_ups_first ON supporter_rank_ups (receiver_user_id, slot, sender_user_id) WHERE rank = 1;
-- What a late tip may change
CREATE INDEX supporter_rank_ups_receiver ON supporter_rank_ups (receiver_user_id, slot);

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
CREATE INDEX sol_purchases_valid_at ON sol_purchases (created_at) WHERE is_valid;
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
-- Which purchases changed
CREATE INDEX usdc_purchases_signature ON usdc_purchases (signature);
CREATE INDEX usdc_purchases_created_at ON usdc_purchases (created_at);
CREATE INDEX usdc_purchases_content ON usdc_purchases (content_id, content_type);

-- The chain explorer's audit tables, written only where chain.explorer_blocks says so: what the newest blocks of the chain
-- that is followed hold. Heights and hashes are the chain's; nothing refers to these rows.

CREATE TABLE etl_addresses (
    id serial PRIMARY KEY,
    address text NOT NULL UNIQUE,
    pub_key bytea,
    first_seen_block_height bigint,
    created_at timestamp NOT NULL
);
CREATE INDEX etl_addresses_first_seen_block_height ON etl_addresses (first_seen_block_height);

CREATE TABLE etl_blocks (
    id serial PRIMARY KEY,
    proposer_address text NOT NULL,
    block_height bigint NOT NULL UNIQUE,
    block_time timestamp NOT NULL
);
CREATE INDEX etl_blocks_block_time ON etl_blocks (block_time);

CREATE TABLE etl_transactions (
    id serial PRIMARY KEY,
    tx_hash text NOT NULL UNIQUE,
    block_height bigint NOT NULL,
    tx_index integer NOT NULL,
    tx_type text NOT NULL,
    address text,
    created_at timestamp NOT NULL
);
CREATE INDEX etl_transactions_block_height ON etl_transactions (block_height, tx_index);

CREATE TABLE etl_plays (
    id serial PRIMARY KEY,
    user_id text NOT NULL,
    track_id text NOT NULL,
    city text NOT NULL,
    region text NOT NULL,
    country text NOT NULL,
    played_at timestamp NOT NULL,
    block_height bigint NOT NULL,
    tx_hash text NOT NULL,
    listened_at timestamp NOT NULL,
    recorded_at timestamp NOT NULL
);
CREATE INDEX etl_plays_block_height ON etl_plays (block_height);

CREATE TABLE etl_manage_entities (
    id serial PRIMARY KEY,
    address text NOT NULL,
    entity_type text NOT NULL,
    entity_id bigint NOT NULL,
    action text NOT NULL,
    metadata text,
    signature text NOT NULL,
    signer text NOT NULL,
    nonce text NOT NULL,
    block_height bigint NOT NULL,
    tx_hash text NOT NULL,
    created_at timestamp NOT NULL
);
CREATE INDEX etl_manage_entities_block_height ON etl_manage_entities (block_height);

CREATE TABLE etl_validators (
    id serial PRIMARY KEY,
    address text NOT NULL,
    endpoint text NOT NULL,
    comet_address text NOT NULL UNIQUE,
    node_type text NOT NULL,
    spid text NOT NULL,
    voting_power bigint NOT NULL,
    status text NOT NULL,
    registered_at bigint NOT NULL,
    deregistered_at bigint,
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL
);

CREATE TABLE etl_validator_registrations (
    id serial PRIMARY KEY,
    address text NOT NULL,
    endpoint text NOT NULL,
    comet_address text NOT NULL,
    eth_block text NOT NULL,
    node_type text NOT NULL,
    spid text NOT NULL,
    comet_pubkey bytea NOT NULL,
    voting_power bigint NOT NULL,
    block_height bigint NOT NULL,
    tx_hash text NOT NULL
);
CREATE INDEX etl_validator_registrations_block_height ON etl_validator_registrations (block_height);

CREATE TABLE etl_validator_deregistrations (
    id serial PRIMARY KEY,
    comet_address text NOT NULL,
    comet_pubkey bytea NOT NULL,
    block_height bigint NOT NULL,
    tx_hash text NOT NULL
);
CREATE INDEX etl_validator_deregistrations_block_height ON etl_validator_deregistrations (block_height);

CREATE TABLE etl_validator_misbehavior_deregistrations (
    id serial PRIMARY KEY,
    comet_address text NOT NULL,
    pub_key bytea NOT NULL,
    block_height bigint NOT NULL,
    tx_hash text NOT NULL,
    created_at timestamp NOT NULL
);
CREATE INDEX etl_validator_misbehavior_deregistrations_block_height
ON etl_validator_misbehavior_deregistrations (block_height);

CREATE TABLE etl_sla_rollups (
    id serial PRIMARY KEY,
    block_start bigint NOT NULL,
    block_end bigint NOT NULL,
    block_height bigint NOT NULL,
    validator_count integer NOT NULL,
    block_quota integer NOT NULL,
    bps double precision NOT NULL DEFAULT 0,
    tps double precision NOT NULL DEFAULT 0,
    tx_hash text NOT NULL,
    created_at timestamp NOT NULL
);
CREATE INDEX etl_sla_rollups_block_height ON etl_sla_rollups (block_height);

CREATE TABLE etl_sla_node_reports (
    id serial PRIMARY KEY,
    sla_rollup_id integer NOT NULL,
    address text NOT NULL,
    num_blocks_proposed integer NOT NULL,
    challenges_received integer NOT NULL DEFAULT 0,
    challenges_failed integer NOT NULL DEFAULT 0,
    block_height bigint NOT NULL,
    tx_hash text NOT NULL,
    created_at timestamp NOT NULL
);
CREATE INDEX etl_sla_node_reports_block_height ON etl_sla_node_reports (block_height);

CREATE TABLE etl_storage_proofs (
    id serial PRIMARY KEY,
    height bigint NOT NULL,
    address text NOT NULL,
    prover_addresses text[] NOT NULL,
    cid text NOT NULL,
    proof_signature bytea NOT NULL,
    proof bytea,
    status text NOT NULL DEFAULT 'unresolved',
    block_height bigint NOT NULL,
    tx_hash text NOT NULL,
    created_at timestamp NOT NULL
);
CREATE INDEX etl_storage_proofs_block_height ON etl_storage_proofs (block_height);

CREATE TABLE etl_storage_proof_verifications (
    id serial PRIMARY KEY,
    height bigint NOT NULL,
    proof bytea NOT NULL,
    block_height bigint NOT NULL,
    tx_hash text NOT NULL,
    created_at timestamp NOT NULL
);
CREATE INDEX etl_storage_proof_verifications_block_height ON etl_storage_proof_verifications (block_height);
