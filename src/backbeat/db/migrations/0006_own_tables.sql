-- What Backbeat keeps for itself lives in a schema of its own, so that the network's tables stay recognisable.
--
-- Tables of a few rows that are written all day are analysed about once a day (autovacuum_analyze_threshold): statistics say
-- nothing new of them, and each ANALYZE makes every session plan all its statements that read one once more;
-- docs/decisions/0057-what-a-block-plans.md.

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
) WITH (fillfactor = 50, autovacuum_analyze_threshold = 500000);

-- The chains that blocks were indexed of, in the order in which a network had them: the first height that this database
-- holds of each, and the last em number before it. Written in the transaction of that block.
CREATE TABLE backbeat.chains (
    chain_id text PRIMARY KEY,
    position integer NOT NULL UNIQUE,
    first_height bigint NOT NULL,
    block_number integer NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Where another program writes the blocks and jobs run beside it: whose frontier the cursor is, and whom it waits for. No row: the
-- block loop writes the blocks.
CREATE TABLE backbeat.beside (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    chain_id text NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    waits_for text NOT NULL DEFAULT '',
    waits_since timestamptz,
    block_mark text, -- the cluster, and the transaction that wrote the bookkeeping of the cursor's block; NULL: not looked at
    ahead_play bigint -- the last play that was covered though its slot was no block that was noted or next
) WITH (fillfactor = 50, autovacuum_analyze_threshold = 500000);

-- What the indexer last knew of itself and of the chain's head; refreshed about once a second outside block transactions.
CREATE TABLE backbeat.indexer (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    phase text NOT NULL,
    source text NOT NULL,
    head_height bigint,
    head_chain_id text, -- of head_height, which is compared with no block of another chain
    head_seen_at timestamptz,
    started_at timestamptz NOT NULL,
    blocks_per_second double precision NOT NULL DEFAULT 0,
    transactions_per_second double precision NOT NULL DEFAULT 0,
    plays_per_second double precision NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Beyond the head that counts: what a node says now, even where it said more before, what is the matter with it, and
    -- how the second node, if there is one, last compared.
    source_height bigint,
    source_problem text NOT NULL DEFAULT '',
    witness_height bigint,
    witness_problem text NOT NULL DEFAULT '',
    report jsonb NOT NULL DEFAULT '{}' -- what its process did since it started, and what keeps a block from being committed
) WITH (fillfactor = 50, autovacuum_analyze_threshold = 500000);

-- Fenced leases: the term grows with every change of holder and is checked inside the holder's write transactions.
-- A lease knows its own length, so that one which ends further ahead than that is known to be from a clock that was ahead.
CREATE TABLE backbeat.leases (
    name text PRIMARY KEY,
    holder uuid NOT NULL,
    term bigint NOT NULL,
    expires_at timestamptz NOT NULL,
    seconds double precision NOT NULL DEFAULT 10
) WITH (fillfactor = 50, autovacuum_analyze_threshold = 500000);

-- How every transaction ended, counted in the transaction that wrote it; plays is the rows of plays they became. "replayed" is
-- how many of them a replay of refused transactions took away since: they count as applied now, or ignored.
CREATE TABLE backbeat.transaction_counts (
    kind text NOT NULL,
    pair text NOT NULL DEFAULT '',
    outcome text NOT NULL CHECK (outcome IN ('applied', 'rejected', 'ignored')),
    reason text NOT NULL DEFAULT '',
    count bigint NOT NULL,
    plays bigint NOT NULL DEFAULT 0,
    replayed bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, pair, outcome, reason)
) WITH (fillfactor = 50, autovacuum_analyze_threshold = 500000);

-- Every transaction that was refused, whole. A row with play_index >= 0 speaks of one play of an otherwise applied
-- transaction; "refused_plays" is how many of its plays were refused in all. What a replay made of it since is in "became" and
-- behind it, why it was refused at first stays.
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
    refused_plays integer NOT NULL DEFAULT 0,
    became text CHECK (became IN ('applied', 'rejected', 'ignored')), -- by a replay; NULL: by none so far
    tried_at timestamptz,                                            -- when a replay came to that first
    tried_by text,                                                   -- which version it was
    new_reason text,                                                 -- why it was refused once more
    new_field text,
    new_detail text,
    message bytea,                                                   -- of what was applied: as in signed_messages
    PRIMARY KEY (chain_id, height, tx_index, play_index)
);

CREATE INDEX rejected_transactions_reason
ON backbeat.rejected_transactions (reason, chain_id, height, tx_index, play_index);

-- Whether a signed message was applied by a replay.
CREATE INDEX rejected_transactions_message ON backbeat.rejected_transactions (message) WHERE became = 'applied';

-- The bytes of a refused transaction once, however many of its plays were refused. "upto_bytes" is a running total of what
-- refusals take, rows and bytes, in the order of the chain and of chains: the newest less the oldest is what there is, at no
-- scan.
CREATE TABLE backbeat.rejected_bytes (
    chain_id text NOT NULL,
    height bigint NOT NULL,
    tx_index integer NOT NULL,
    upto_bytes bigint NOT NULL,
    raw bytea NOT NULL,
    PRIMARY KEY (chain_id, height, tx_index)
);

-- Signed messages that stood on the chain, as far back as the settings chain.replay_window_* reach: a row for each block
-- that had any. A message is what was signed and who signed it, however the transaction around it is spelled: the first
-- 15 bytes of SHA-256 of the EIP-712 digest and the address. Messages of the chain are counted, without a gap.
CREATE TABLE backbeat.signed_messages (
    number bigint PRIMARY KEY,     -- of the block's last message
    seen_at timestamp NOT NULL,    -- block time
    height bigint NOT NULL,
    messages bytea NOT NULL,       -- in the order of the block
    tx_indexes integer[] NOT NULL, -- where each stood first
    first_heights bigint[],        -- and at which heights; NULL: all in this block
    chain smallint NOT NULL,       -- the position in backbeat.chains of the chain that the block is of
    first_chains smallint[]        -- and of those of first_heights; 0: the same
);

-- What was done that a user may have to hear of, and every change of a relation that such news depend on, in the order
-- of the chain. Written with the block, worked off and removed by the job "notifications". "delta" is 1 where a relation
-- began and -1 where it ended: what a relation or a count was at an act is what it is now, less what came behind the act.
CREATE TABLE backbeat.acts (
    blocknumber integer NOT NULL,   -- em number; of what was done past the chain or in a replay, the next one
    place integer NOT NULL,         -- of the transaction in its block; -1: in front of the block
    ordinal integer NOT NULL,       -- in the transaction, or of all that stands in front of the block
    of_block integer,               -- what a notification of it bears; NULL: blocknumber
    kind text NOT NULL,
    "time" timestamp NOT NULL,      -- what a notification of it is dated with
    actor_id integer NOT NULL,
    item_type text NOT NULL DEFAULT '',
    item_id integer NOT NULL,
    owner_id integer,
    delta smallint NOT NULL DEFAULT 0,
    data jsonb,
    PRIMARY KEY (blocknumber, place, ordinal)
) WITH (autovacuum_analyze_threshold = 500000);

-- What came behind an act: of an item, and of what one user has to do with it
CREATE INDEX acts_item ON backbeat.acts (kind, item_id, item_type, blocknumber, place, ordinal) INCLUDE (actor_id, delta);
CREATE INDEX acts_actor ON backbeat.acts (kind, actor_id, item_id, item_type, blocknumber, place, ordinal) INCLUDE (delta);

-- How many messages there were, how many of them had been seen before, and how many were refused for it.
CREATE TABLE backbeat.replay_counts (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    messages bigint NOT NULL DEFAULT 0,
    replays bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50, autovacuum_analyze_threshold = 500000);
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
    first_chain_id text NOT NULL,
    first_height bigint NOT NULL,
    first_tx_index integer NOT NULL,
    refused boolean NOT NULL
);

-- Plays of a track that no row stands for: a genesis migration tells how many an earlier chain had. They are part of
-- aggregate_plays and of nothing that goes by time or listener.
CREATE TABLE backbeat.told_plays (
    track_id integer PRIMARY KEY,
    plays bigint NOT NULL
);

-- Which processes work on this database: each says every few seconds that it is there. A process that ends in order takes
-- its row with it, others' are removed after a while.
CREATE TABLE backbeat.processes (
    id uuid PRIMARY KEY,
    host text NOT NULL,
    pid integer NOT NULL,
    version text NOT NULL,
    parts text [] NOT NULL,
    state text NOT NULL, -- of the block loop, if it has one
    started_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    reached_at timestamptz NOT NULL DEFAULT clock_timestamp() -- since when it has reached the database without a break
) WITH (fillfactor = 50, autovacuum_analyze_threshold = 500000);

COMMENT ON TABLE backbeat.processes IS 'The running processes of Backbeat, by their own account; instants are the database''s.';

-- Which server holds this database. A restored or moved database has the rows of the old server and the identity of the
-- new one; a promoted one keeps its identity and begins a new timeline.
CREATE TABLE backbeat.server (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    system_identifier bigint NOT NULL,
    timeline integer NOT NULL,
    moved text NOT NULL DEFAULT '' CHECK (moved IN ('', 'restored', 'promoted')),
    moved_at timestamptz,
    restores bigint NOT NULL DEFAULT 0,
    promotions bigint NOT NULL DEFAULT 0
);

COMMENT ON TABLE backbeat.server IS
'The server that this database was last seen on, and how it came there. The system identifier changes with a restore or a '
'move into another cluster, the timeline with a promotion or a recovery to a point in time.';

-- The database of a running indexer that this one is compared with, and since when nothing was found that no known defect of
-- that indexer explains.
CREATE TABLE backbeat.watched (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    database text NOT NULL, -- its name, and what tells its server from others
    here_height bigint NOT NULL,
    there_height bigint NOT NULL,
    began_at timestamptz NOT NULL,
    looked_at timestamptz NOT NULL,
    equal_since timestamptz,
    equal_from_height bigint
) WITH (fillfactor = 50, autovacuum_analyze_threshold = 500000);

-- How far the comparison has come in each subject: by the keys of the rows there, of those here, and by what blocks changed.
CREATE TABLE backbeat.watch_rounds (
    subject text NOT NULL,
    way text NOT NULL CHECK (way IN ('there', 'here', 'blocks')),
    after_key text [], -- the last key that was looked at; NULL: a round begins
    rounds bigint NOT NULL DEFAULT 0,
    rows bigint NOT NULL DEFAULT 0, -- looked at in all rounds
    problem text NOT NULL DEFAULT '', -- why the last round left something out
    passed_over bigint NOT NULL DEFAULT 0, -- keys that differ, of the round, and are not kept: there are too many
    ended_at timestamptz,
    PRIMARY KEY (subject, way)
) WITH (fillfactor = 50, autovacuum_analyze_threshold = 500000);

-- Keys that were not alike when they were looked at. A row is called different once it has stood still in two looks between
-- which both databases were at one height.
CREATE TABLE backbeat.watch_differences (
    subject text NOT NULL,
    key text [] NOT NULL,
    kind text NOT NULL CHECK (kind IN ('missing there', 'missing here', 'differs', 'order', 'repeated')),
    columns text [] NOT NULL, -- those that differ
    here text [], -- their values; NULL: the row is missing
    there text [],
    digest text NOT NULL, -- of all values, here and there
    here_height bigint NOT NULL, -- when it was first seen as it is
    there_height bigint NOT NULL,
    as_it_is_since timestamptz NOT NULL,
    first_at timestamptz NOT NULL,
    looked_at timestamptz NOT NULL,
    looks integer NOT NULL,
    is_certain boolean NOT NULL,
    cause text NOT NULL DEFAULT '', -- empty: not certain; 'unknown': no known defect
    PRIMARY KEY (subject, key)
) WITH (fillfactor = 70);

CREATE INDEX watch_differences_looked_at ON backbeat.watch_differences (looked_at);

-- Databases of another indexer that Backbeat took over, and gave back.

-- When it took this one over, and where the chain stood then; and the same of when it gave it back.
CREATE TABLE backbeat.adoptions (
    number integer PRIMARY KEY,
    chain_id text NOT NULL,
    height bigint NOT NULL,
    block_number integer NOT NULL,
    play_id bigint NOT NULL,
    adopted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    released_at timestamptz,
    released_height bigint
);

-- What was done to take it over, by the names of steps.
CREATE TABLE backbeat.adoption_steps (
    name text PRIMARY KEY,
    seconds double precision NOT NULL,
    done_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The triggers of others that were disabled for it, as they were: they are enabled again when it is given back.
CREATE TABLE backbeat.adopted_triggers (
    table_name text NOT NULL,
    name text NOT NULL,
    routine text NOT NULL,
    digest text NOT NULL, -- of the text that it runs
    enabled text NOT NULL, -- as in pg_trigger
    disabled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (table_name, name)
);
