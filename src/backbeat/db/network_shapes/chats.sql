-- Chats, which the network's nodes tell each other: written by its API server.

CREATE TABLE IF NOT EXISTS chat (
    chat_id text PRIMARY KEY, created_at timestamp NOT NULL, last_message_at timestamp NOT NULL, last_message text,
    last_message_is_plaintext boolean DEFAULT false
);

CREATE TABLE IF NOT EXISTS chat_member (
    chat_id text NOT NULL, user_id integer NOT NULL, cleared_history_at timestamp,
    invited_by_user_id integer NOT NULL, invite_code text NOT NULL, last_active_at timestamp,
    unread_count integer NOT NULL DEFAULT 0, created_at timestamp NOT NULL,
    is_hidden boolean NOT NULL DEFAULT false, PRIMARY KEY (chat_id, user_id),
    FOREIGN KEY (chat_id) REFERENCES chat (chat_id) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS chat_member_user_idx ON chat_member (user_id);

CREATE TABLE IF NOT EXISTS chat_ban (
    user_id integer PRIMARY KEY, is_banned boolean NOT NULL, updated_at timestamp NOT NULL
);

CREATE TABLE IF NOT EXISTS chat_blast (
    blast_id text PRIMARY KEY, from_user_id integer NOT NULL, audience text NOT NULL, audience_content_id integer,
    plaintext text NOT NULL, created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, audience_content_type text
);

CREATE TABLE IF NOT EXISTS chat_message (
    message_id text PRIMARY KEY, chat_id text NOT NULL, user_id integer NOT NULL, created_at timestamp NOT NULL,
    ciphertext text, blast_id text, FOREIGN KEY (blast_id) REFERENCES chat_blast (blast_id),
    FOREIGN KEY (chat_id, user_id) REFERENCES chat_member (chat_id, user_id) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS idx_chat_message_chat_id ON chat_message (chat_id);
CREATE INDEX IF NOT EXISTS idx_chat_message_user_id ON chat_message (user_id, created_at);

CREATE TABLE IF NOT EXISTS chat_message_reactions (
    user_id integer NOT NULL, message_id text NOT NULL, reaction text NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (user_id, message_id),
    FOREIGN KEY (message_id) REFERENCES chat_message (message_id) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS idx_chat_message_reactions_message_id ON chat_message_reactions (message_id);

CREATE TABLE IF NOT EXISTS chat_permissions (
    user_id integer NOT NULL, permits text NOT NULL DEFAULT 'all',
    updated_at timestamp NOT NULL DEFAULT to_timestamp(0), allowed boolean NOT NULL DEFAULT true,
    PRIMARY KEY (user_id, permits)
);

CREATE TABLE IF NOT EXISTS rpc_log (
    relayed_at timestamp NOT NULL, from_wallet text NOT NULL, rpc json NOT NULL, sig text PRIMARY KEY,
    relayed_by text NOT NULL, applied_at timestamp NOT NULL
);
CREATE INDEX IF NOT EXISTS idx_rpc_relayed_by ON rpc_log (relayed_by, relayed_at);
CREATE INDEX IF NOT EXISTS rpc_log_applied_at_idx ON rpc_log USING brin (applied_at);
