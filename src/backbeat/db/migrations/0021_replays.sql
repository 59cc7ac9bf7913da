-- Signed messages that stood on the chain, as far back as the settings chain.replay_window_* reach: a row for each block
-- that had any. A message is what was signed and who signed it, however the transaction around it is spelled: the first
-- 15 bytes of SHA-256 of the EIP-712 digest and the address. Messages of the chain are counted, without a gap.
CREATE TABLE backbeat.signed_messages (
    number bigint PRIMARY KEY,     -- of the block's last message
    seen_at timestamp NOT NULL,    -- block time
    height bigint NOT NULL,
    messages bytea NOT NULL,       -- in the order of the block
    tx_indexes integer[] NOT NULL, -- where each stood first
    first_heights bigint[]         -- and at which heights; NULL: all in this block
);

-- How many messages there were, how many of them had been seen before, and how many were refused for it.
CREATE TABLE backbeat.replay_counts (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    messages bigint NOT NULL DEFAULT 0,
    replays bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
INSERT INTO backbeat.replay_counts DEFAULT VALUES;

-- The newest transactions whose message had been seen before; number counts them.
CREATE TABLE backbeat.replayed_transactions (
    number bigint PRIMARY KEY,
    chain_id text NOT NULL,
    height bigint NOT NULL,
    tx_index integer NOT NULL,
    tx_hash text NOT NULL,
    block_time timestamp NOT NULL,
    digest bytea NOT NULL,
    signer text NOT NULL,
    user_id bigint NOT NULL,
    entity_type text NOT NULL,
    action text NOT NULL,
    entity_id bigint NOT NULL,
    first_height bigint NOT NULL,
    first_tx_index integer NOT NULL,
    refused boolean NOT NULL
);
