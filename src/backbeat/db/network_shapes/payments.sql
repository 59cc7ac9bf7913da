-- Histories of transactions, and what a purchase tells beyond its amount: written by the network's indexer of Solana.

CREATE TABLE IF NOT EXISTS audio_transactions_history (
    user_bank varchar NOT NULL, slot integer NOT NULL, signature varchar NOT NULL,
    transaction_type varchar NOT NULL, method varchar NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, transaction_created_at timestamp NOT NULL,
    change numeric NOT NULL, balance numeric NOT NULL, tx_metadata varchar, PRIMARY KEY (user_bank, signature)
);
CREATE INDEX IF NOT EXISTS ix_audio_transactions_history_slot ON audio_transactions_history (slot);
CREATE INDEX IF NOT EXISTS ix_audio_transactions_history_transaction_type ON audio_transactions_history (transaction_type);

CREATE TABLE IF NOT EXISTS usdc_transactions_history (
    user_bank varchar NOT NULL, slot integer NOT NULL, signature varchar NOT NULL,
    transaction_type varchar NOT NULL, method varchar NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, transaction_created_at timestamp NOT NULL,
    change numeric NOT NULL, balance numeric NOT NULL, tx_metadata varchar, PRIMARY KEY (user_bank, signature)
);
CREATE INDEX IF NOT EXISTS idx_usdc_transactions_history_slot ON usdc_transactions_history (slot);
CREATE INDEX IF NOT EXISTS idx_usdc_transactions_history_type ON usdc_transactions_history (transaction_type);

ALTER TABLE usdc_purchases
    ADD COLUMN IF NOT EXISTS city varchar,
    ADD COLUMN IF NOT EXISTS region varchar,
    ADD COLUMN IF NOT EXISTS country varchar,
    ADD COLUMN IF NOT EXISTS vendor varchar,
    ADD COLUMN IF NOT EXISTS splits jsonb NOT NULL DEFAULT '[]';
