-- What Backbeat keeps for itself lives in a schema of its own, so that an adopted database stays recognisable.

CREATE SCHEMA IF NOT EXISTS backbeat;

-- The committed frontier of the block loop: written in the transaction that writes the blocks, so everything at or below
-- it is complete and visible together. block_number bounds "blocknumber" columns, play_id bounds plays.id.
CREATE TABLE backbeat.cursor (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    chain_id text NOT NULL,
    height bigint NOT NULL,
    block_hash text NOT NULL,
    block_time timestamp NOT NULL,
    block_number integer NOT NULL DEFAULT 0,
    play_id bigint NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

-- What the indexer last knew of itself and of the chain's head; refreshed about once a second outside block transactions.
CREATE TABLE backbeat.indexer (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    phase text NOT NULL,
    source text NOT NULL,
    head_height bigint,
    head_seen_at timestamptz,
    started_at timestamptz NOT NULL,
    blocks_per_second double precision NOT NULL DEFAULT 0,
    transactions_per_second double precision NOT NULL DEFAULT 0,
    plays_per_second double precision NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

-- Fenced leases: the term grows with every change of holder and is checked inside the holder's write transactions.
CREATE TABLE backbeat.leases (
    name text PRIMARY KEY,
    holder uuid NOT NULL,
    term bigint NOT NULL,
    expires_at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- How every transaction ended, counted in the transaction that wrote it; plays is the rows of plays they became.
CREATE TABLE backbeat.transaction_counts (
    kind text NOT NULL,
    pair text NOT NULL DEFAULT '',
    outcome text NOT NULL CHECK (outcome IN ('applied', 'rejected', 'ignored')),
    reason text NOT NULL DEFAULT '',
    count bigint NOT NULL,
    plays bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, pair, outcome, reason)
) WITH (fillfactor = 50);

-- Every transaction that was refused, whole. A row with play_index >= 0 speaks of one play of an otherwise applied
-- transaction.
CREATE TABLE backbeat.rejected_transactions (
    chain_id text NOT NULL,
    height bigint NOT NULL,
    tx_index integer NOT NULL,
    play_index integer NOT NULL DEFAULT -1,
    tx_hash text NOT NULL,
    block_time timestamp NOT NULL,
    kind text NOT NULL,
    entity_type text,
    action text,
    user_id bigint,
    entity_id bigint,
    signer text,
    reason text NOT NULL,
    field text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    raw bytea NOT NULL,
    PRIMARY KEY (chain_id, height, tx_index, play_index)
);

CREATE INDEX rejected_transactions_reason ON backbeat.rejected_transactions (reason, height);
