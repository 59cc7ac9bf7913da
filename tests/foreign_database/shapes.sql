-- Turns a database of ours into what the network's indexer of 2025 would have made of the same blocks: without our schema,
-- without what came in 2026, with its keys, types and names of indexes, its own tables and its bookkeeping.
DROP SCHEMA backbeat CASCADE;

DROP TABLE oauth_redirect_uris, track_collaborators, user_distinct_play_hours, user_distinct_play_tracks, user_score_features;
ALTER TABLE subscriptions DROP COLUMN entity_type, DROP COLUMN entity_id;
ALTER TABLE tracks DROP COLUMN access_authorities;
ALTER TABLE comments DROP COLUMN is_members_only, DROP COLUMN video_url;
ALTER TABLE users DROP COLUMN coin_flair_mint;
ALTER TABLE associated_wallets DROP COLUMN created_at, DROP COLUMN updated_at;
ALTER TABLE aggregate_user DROP COLUMN total_playlist_count, DROP COLUMN total_album_count;
ALTER TABLE sol_purchases DROP COLUMN created_at CASCADE;
ALTER TABLE sol_reward_disbursements DROP COLUMN recipient_eth_address, DROP COLUMN created_at CASCADE;

-- Indexes that the network has not; the others have other names there, and no table has storage parameters.
DROP INDEX
    blocks_current, challenge_listen_streak_last, chat_blocked_users_blockee, comments_blocknumber, comments_by_track,
    comments_by_user, developer_apps_current, events_contest_winners, events_blocknumber, events_contest_host,
    follows_current, grants_current, notification_trends, notification_cooldowns, notification_rewards,
    playlist_routes_collision, playlists_current, reposts_of_playlists, saves_of_playlists, saves_created_at,
    reposts_current, saves_current, track_routes_collision, tracks_trending_age, tracks_pinning, tracks_pinned_comment,
    tracks_trending_release, tracks_current, user_challenges_capped, user_challenges_contest_prizes,
    user_events_blocknumber, users_active_handle, users_current;
DO $$
DECLARE
    step text;
BEGIN
    FOR step IN
        SELECT format('ALTER INDEX %s RENAME TO %I', index.oid::regclass, 'ix_' || substr(md5(index.relname), 1, 12))
        FROM pg_index AS at
        JOIN pg_class AS index ON index.oid = at.indexrelid
        WHERE index.relnamespace = 'public'::regnamespace
            AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = index.oid)
        UNION ALL
        SELECT format(
            'ALTER TABLE %s RESET (%s)', oid::regclass,
            (SELECT string_agg(split_part(parameter, '=', 1), ', ') FROM unnest(reloptions) AS parameter)
        )
        FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND reloptions IS NOT NULL
    LOOP
        EXECUTE step;
    END LOOP;
END $$;

ALTER TABLE developer_apps ADD CONSTRAINT developer_apps_address_key UNIQUE (address);
ALTER TABLE dashboard_wallet_users DROP CONSTRAINT dashboard_wallet_users_wallet_key;
ALTER TABLE indexing_checkpoints ALTER COLUMN last_checkpoint TYPE integer;
ALTER TABLE user_listening_history ALTER COLUMN listening_history SET NOT NULL;
ALTER TABLE usdc_purchases
    ADD COLUMN city varchar, ADD COLUMN region varchar, ADD COLUMN country varchar, ADD COLUMN vendor varchar,
    ADD COLUMN splits jsonb NOT NULL DEFAULT '{}';
ALTER TABLE usdc_purchases ALTER COLUMN splits DROP DEFAULT;
ALTER TABLE delist_status_cursor ALTER COLUMN host TYPE text;
CREATE FUNCTION validate_territory_codes(codes text[]) RETURNS boolean LANGUAGE sql IMMUTABLE AS
'SELECT codes IS NULL OR cardinality(codes) > 0';
ALTER TABLE tracks DROP CONSTRAINT tracks_territory_codes;
ALTER TABLE tracks ADD CONSTRAINT territory_codes_are_known CHECK (validate_territory_codes(territory_codes));

CREATE UNIQUE INDEX ix_blocks_only_current ON blocks (is_current) WHERE is_current IS TRUE;
CREATE INDEX ix_blocks_is_current ON blocks (is_current);
CREATE INDEX ix_plays_signature ON plays (signature);
CREATE INDEX ix_follows_followee ON follows (followee_user_id);
CREATE INDEX ix_follows_standing ON follows (follower_user_id, followee_user_id) WHERE is_delete = false;
CREATE INDEX ix_users_by_handle ON users (is_deactivated, is_current, handle_lc, is_available)
    WHERE is_deactivated = false AND is_current = true AND handle_lc IS NOT NULL AND is_available = true;
CREATE INDEX ix_aggregate_user_followers ON aggregate_user (user_id, follower_count);
CREATE INDEX ix_track_scores_listed ON track_trending_scores (type, version, time_range, score DESC, track_id);
CREATE INDEX ix_track_scores_genre ON track_trending_scores (genre);
CREATE INDEX ix_playlist_scores ON playlist_trending_scores (playlist_id);

-- What only the network has, a part of it
CREATE TABLE alembic_version (version_num varchar PRIMARY KEY);
INSERT INTO alembic_version VALUES ('8f2b1c');
CREATE TABLE schema_version (file_name text PRIMARY KEY, md5 text, applied_at timestamp with time zone DEFAULT now());
INSERT INTO schema_version VALUES ('functions/handle_play', md5('handle_play'));
CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL);
CREATE TABLE rpc_log (sig text PRIMARY KEY, rpc json NOT NULL, relayed_at timestamp NOT NULL);
CREATE TABLE chat (chat_id text PRIMARY KEY, created_at timestamp NOT NULL, last_message_at timestamp NOT NULL);
CREATE TABLE chat_message (message_id text PRIMARY KEY, chat_id text NOT NULL REFERENCES chat, ciphertext text NOT NULL);
CREATE TABLE user_balances (user_id serial PRIMARY KEY, balance varchar NOT NULL, updated_at timestamp DEFAULT now());
CREATE TABLE user_bank_accounts (signature varchar PRIMARY KEY, ethereum_address varchar NOT NULL);
CREATE TABLE api_metrics_counts (date date PRIMARY KEY, count bigint NOT NULL);
CREATE TABLE app_name_metrics (id bigserial PRIMARY KEY, application_name varchar NOT NULL, count integer NOT NULL);
CREATE MATERIALIZED VIEW tag_track_user AS SELECT unnest(string_to_array(tags, ',')) AS tag, track_id, owner_id FROM tracks;
CREATE MATERIALIZED VIEW app_name_metrics_all_time AS
SELECT application_name AS name, sum(count) AS count FROM app_name_metrics GROUP BY application_name;
CREATE FUNCTION find_track(url text) RETURNS integer LANGUAGE sql STABLE AS
'SELECT track_id FROM track_routes WHERE slug = url AND is_current LIMIT 1';

-- Rows as older programs wrote them: superseded versions, hashes with a prefix, the explorer's blocks
INSERT INTO users (
    blockhash, user_id, is_current, handle, wallet, blocknumber, created_at, updated_at, txhash, handle_lc
)
SELECT '0x' || md5(user_id::text), user_id, false, handle, wallet, blocknumber, created_at, updated_at,
    '0x' || md5(txhash), handle_lc
FROM users;
INSERT INTO etl_blocks (proposer_address, block_height, block_time)
SELECT 'node', height, timestamp '2026-01-02 03:04:05' + height * interval '1 second' FROM core_indexed_blocks
ON CONFLICT DO NOTHING;
UPDATE blocks SET is_current = true WHERE number = (SELECT max(number) FROM blocks);
INSERT INTO user_balances (balance) VALUES ('0');
