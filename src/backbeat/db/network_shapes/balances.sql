-- What users own, in wallets of the network's own and in others: written by the network's indexers of Ethereum and
-- Solana.

CREATE TABLE IF NOT EXISTS user_balances (
    user_id serial PRIMARY KEY, balance varchar NOT NULL, created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    associated_wallets_balance varchar NOT NULL DEFAULT '0', waudio varchar DEFAULT '0',
    associated_sol_wallets_balance varchar NOT NULL DEFAULT '0'
);

CREATE TABLE IF NOT EXISTS user_bank_accounts (
    signature varchar PRIMARY KEY, ethereum_address varchar NOT NULL, created_at timestamp NOT NULL,
    bank_account varchar NOT NULL
);
CREATE INDEX IF NOT EXISTS idx_user_bank_eth_address ON user_bank_accounts (ethereum_address);

CREATE TABLE IF NOT EXISTS usdc_user_bank_accounts (
    signature varchar PRIMARY KEY, ethereum_address varchar NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, bank_account varchar NOT NULL
);
CREATE INDEX IF NOT EXISTS idx_usdc_user_bank_accounts_eth_address ON usdc_user_bank_accounts (ethereum_address);

CREATE TABLE IF NOT EXISTS sol_user_balances (
    user_id integer NOT NULL, mint text NOT NULL, balance bigint NOT NULL,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (user_id, mint)
);
CREATE INDEX IF NOT EXISTS sol_user_balances_mint_user_id_idx ON sol_user_balances (mint, user_id);

CREATE TABLE IF NOT EXISTS sol_claimable_accounts (
    signature varchar NOT NULL, instruction_index integer NOT NULL, slot bigint NOT NULL, mint varchar NOT NULL,
    ethereum_address varchar NOT NULL, account varchar NOT NULL, PRIMARY KEY (signature, instruction_index)
);
CREATE INDEX IF NOT EXISTS sol_claimable_accounts_account_idx ON sol_claimable_accounts (account);
CREATE INDEX IF NOT EXISTS sol_claimable_accounts_ethereum_address_idx ON sol_claimable_accounts (ethereum_address, mint);

CREATE TABLE IF NOT EXISTS sol_token_account_balances (
    account varchar PRIMARY KEY, mint varchar NOT NULL, owner varchar NOT NULL, balance bigint NOT NULL,
    slot bigint NOT NULL, updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX IF NOT EXISTS sol_token_account_balances_mint_idx ON sol_token_account_balances (mint);
CREATE INDEX IF NOT EXISTS sol_token_account_balances_owner_idx ON sol_token_account_balances (owner);

CREATE TABLE IF NOT EXISTS sol_unprocessed_txs (
    signature text PRIMARY KEY, error_message text, created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, slot bigint NOT NULL DEFAULT 0
);
