-- Coins of artists, their pools and their prices: written by the network's indexer of Solana.

CREATE TABLE IF NOT EXISTS artist_coins (
    mint varchar PRIMARY KEY, ticker varchar NOT NULL, user_id integer NOT NULL, decimals integer NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, logo_uri text, description text, website text,
    name text NOT NULL DEFAULT '', dbc_pool text, UNIQUE (ticker)
);
CREATE INDEX IF NOT EXISTS artist_coins_ticker_idx ON artist_coins (ticker, user_id);
CREATE INDEX IF NOT EXISTS artist_coins_user_id_idx ON artist_coins (user_id);

CREATE TABLE IF NOT EXISTS artist_coin_stats (
    mint text PRIMARY KEY, market_cap double precision, fdv double precision, liquidity double precision,
    last_trade_unix_time bigint, last_trade_human_time text, price double precision,
    history_24h_price double precision, price_change_24h_percent double precision, unique_wallet_24h integer,
    unique_wallet_history_24h integer, unique_wallet_24h_change_percent double precision,
    total_supply double precision, circulating_supply double precision, holder integer, trade_24h integer,
    trade_history_24h integer, trade_24h_change_percent double precision, sell_24h integer,
    sell_history_24h integer, sell_24h_change_percent double precision, buy_24h integer, buy_history_24h integer,
    buy_24h_change_percent double precision, v_24h double precision, v_24h_usd double precision,
    v_history_24h double precision, v_history_24h_usd double precision, v_24h_change_percent double precision,
    v_buy_24h double precision, v_buy_24h_usd double precision, v_buy_history_24h double precision,
    v_buy_history_24h_usd double precision, v_buy_24h_change_percent double precision, v_sell_24h double precision,
    v_sell_24h_usd double precision, v_sell_history_24h double precision, v_sell_history_24h_usd double precision,
    v_sell_24h_change_percent double precision, number_markets integer,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE IF NOT EXISTS artist_coin_pools (
    address text PRIMARY KEY, base_mint text NOT NULL, quote_mint text, token_decimals integer,
    base_reserve numeric, quote_reserve numeric, migration_base_threshold numeric,
    migration_quote_threshold numeric, protocol_quote_fee numeric, partner_quote_fee numeric,
    creator_base_fee numeric, creator_quote_fee numeric, price double precision, price_usd double precision,
    curve_progress double precision, is_migrated boolean, created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);
