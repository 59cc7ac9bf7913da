-- What derivations keep for themselves: of user scores (docs/explanation/scores.md), of trending
-- (docs/explanation/trending.md), of challenges (docs/explanation/challenges.md), of tips, and the progress of recounting.

-- Rows as functions pass them on

-- A change that an edge makes to the counts of a user and an item
CREATE TYPE backbeat.engagement AS (user_id integer, item_id integer, on_track boolean, weight integer);
-- A change that a track or playlist makes to the counts of its owner
CREATE TYPE backbeat.release AS (owner_id integer, is_album boolean, listed integer, total integer);
-- A reward that was paid
CREATE TYPE backbeat.disbursement AS (
    challenge_id text, specifier text, user_id integer, amount text, slot bigint, paid_at timestamp
);

-- User scores

-- What a user ever listened to, as sets, so that "distinct" is exact whatever order plays come in and whatever is pruned
-- from them later. Hours are counted from 1970.
CREATE TABLE backbeat.listened_hours (
    user_id integer NOT NULL,
    hour integer NOT NULL,
    PRIMARY KEY (user_id, hour)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.02);

CREATE TABLE backbeat.listened_tracks (
    user_id integer NOT NULL,
    track_id integer NOT NULL,
    PRIMARY KEY (user_id, track_id)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.02);

-- "weight": what a user lends to each one it follows; "follower_sum": what its followers lend it, kept only where a
-- score needs it (1 to 1000 followers). Both change often and stand in no index, so updates stay on their page (HOT).
CREATE TABLE backbeat.karma (
    user_id integer PRIMARY KEY,
    weight bigint NOT NULL DEFAULT 0,
    follower_sum bigint,
    points integer GENERATED ALWAYS AS (least(100, round(follower_sum / 100.0))::integer) STORED
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

-- Where the present full pass over user scores is, newest accounts first; no row between two passes.
CREATE TABLE backbeat.score_pass (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    created_at timestamp NOT NULL,
    user_id integer NOT NULL
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 200);

-- Plays that are gone

-- What plays said that were deleted: how many an hour had, and how often and when last a user heard a track. Written by the
-- statement that deletes them, of any program, so that plays and these together tell what all plays told.
CREATE TABLE backbeat.pruned_hours (
    hour timestamp PRIMARY KEY,
    plays bigint NOT NULL
) WITH (fillfactor = 70);

-- "played_at" is NULL where nobody could read when it was.
CREATE TABLE backbeat.pruned_listens (
    user_id integer NOT NULL,
    track_id integer NOT NULL,
    plays bigint NOT NULL,
    played_at timestamp,
    PRIMARY KEY (user_id, track_id)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.02);

-- How many plays were deleted, and what is known of plays that went without being summed up; no row where none went.
CREATE TABLE backbeat.pruned_plays (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    plays bigint NOT NULL DEFAULT 0,          -- deleted and summed up
    until timestamp,                          -- the latest time that one of them had
    last_id bigint,                           -- the highest id; by TRUNCATE, of the newest play there was
    foreign_plays bigint NOT NULL DEFAULT 0,  -- how many of them another program deleted
    foreign_at timestamptz,                   -- when it did so last
    unread text[] NOT NULL DEFAULT '{}',      -- checkpoints of jobs that had not read all of them; a rebuild removes its own
    truncated_at timestamptz,                 -- when the table was emptied by TRUNCATE, of which there are no sums
    lost_hours integer NOT NULL DEFAULT 0,    -- counted hours that neither plays nor sums account for, at looked_at
    looked_at timestamptz                     -- when plays.prune looked for such hours last
) WITH (fillfactor = 50);

-- Recounting

-- How far a verification that goes round and round has come in its present round.
CREATE TABLE backbeat.rounds (
    name text PRIMARY KEY,
    started_at timestamptz NOT NULL,
    after_key bigint NOT NULL DEFAULT -1
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 200, autovacuum_analyze_threshold = 500000);

-- What verifications found wrong, ever.
CREATE TABLE backbeat.drift (
    derivation text PRIMARY KEY,
    found_rows bigint NOT NULL,
    found_at timestamptz NOT NULL
);

-- Entities

-- Users with ten followers or more, and what sitemaps list of each: tracks and playlists at their addresses, and the user
-- itself (1 or 0).
CREATE TABLE backbeat.listed_owners (
    user_id integer PRIMARY KEY,
    tracks integer NOT NULL,
    playlists integer NOT NULL,
    users smallint NOT NULL
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

-- The sums of that, kept as it changes: how many addresses sitemaps list of each kind.
CREATE TABLE backbeat.entity_counts (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    tracks bigint NOT NULL DEFAULT 0,
    playlists bigint NOT NULL DEFAULT 0,
    users bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 200);

INSERT INTO backbeat.entity_counts DEFAULT VALUES;

-- Trending

-- What a track's score is made of, for every track that has any of it: plays and engagements in the last seven days and
-- in the last calendar month, and the weights (below) of everybody who saved or reposted it, once for each.
CREATE TABLE backbeat.trending_track_counts (
    track_id integer PRIMARY KEY,
    plays_week integer NOT NULL,
    plays_month integer NOT NULL,
    reposts_week integer NOT NULL,
    reposts_month integer NOT NULL,
    saves_week integer NOT NULL,
    saves_month integer NOT NULL,
    karma bigint NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

-- What has been passed on of each user: the weight in other people's tracks, and how the own tracks are taken. Users
-- without weight or tracks have no row.
CREATE TABLE backbeat.trending_users (
    user_id integer PRIMARY KEY,
    weight bigint NOT NULL,
    is_muted boolean NOT NULL, -- too few followers for any score
    is_small boolean NOT NULL -- few enough for the underground
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

-- Tracks whose karma changed and whose scores follow in a later run.
CREATE TABLE backbeat.trending_waiting_tracks (
    track_id integer PRIMARY KEY,
    since timestamp NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.05);

-- The lists that people read, and where each entry came from. Scores stand in the score tables alone.
CREATE TABLE backbeat.trending_leaders (
    kind text NOT NULL, -- as "type" of the score tables
    list text NOT NULL, -- top, underground
    version text NOT NULL,
    time_range text NOT NULL,
    genre text NOT NULL, -- '': all
    rank smallint NOT NULL,
    id integer NOT NULL,
    previous_rank smallint, -- before "since"; NULL: was not listed
    since timestamp NOT NULL,
    PRIMARY KEY (kind, list, version, time_range, genre, rank)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

-- Tips

-- Tips as they were counted: what a sender gave a receiver in a slot. What is counted follows from these rows alone, since
-- user_tips may change at any moment of a run.
CREATE TABLE backbeat.counted_tips (
    receiver_user_id integer NOT NULL,
    slot integer NOT NULL,
    sender_user_id integer NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (receiver_user_id, slot, sender_user_id)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.02);

-- How many support a user, and how many a user supports; users without either have no row.
CREATE TABLE backbeat.supporters (
    user_id integer PRIMARY KEY,
    supporter_count integer NOT NULL,
    supporting_count integer NOT NULL
) WITH (fillfactor = 80);

-- Who is taken down

-- What the trusted notifier last decided about each user and track, and what was found when it was taken down.
CREATE TABLE backbeat.delistings (
    entity delist_entity NOT NULL,
    id integer NOT NULL,
    decided_at timestamptz NOT NULL,
    delisted boolean NOT NULL,
    is_pending boolean NOT NULL DEFAULT false, -- the row is yet to be brought to it
    was_gone boolean, -- of what we took down: whether its owner had deleted or deactivated it before
    PRIMARY KEY (entity, id)
) WITH (fillfactor = 80);

CREATE INDEX delistings_pending ON backbeat.delistings (entity, id) WHERE is_pending;

-- How far it is with users and with tracks, beside the network's own cursor.
CREATE TABLE backbeat.delist_progress (
    entity delist_entity PRIMARY KEY,
    waits_for integer, -- a user or track that the chain may yet bring
    waits_until timestamptz, -- once the chain is past this time, it is taken for one that never comes
    ask_after timestamptz, -- as the notifier asks
    compared_upto integer NOT NULL DEFAULT 0, -- everything up to this id was compared in the round under way
    round_ended_at timestamptz
) WITH (fillfactor = 20);

-- Rows of the notifier that could not be used, or not be logged.
CREATE TABLE backbeat.delist_asides (
    entity delist_entity NOT NULL,
    digest bytea NOT NULL,
    seen_at timestamptz NOT NULL,
    why text NOT NULL,
    status text NOT NULL, -- as it came, its beginning
    PRIMARY KEY (entity, digest)
);

-- Challenges

-- What was decided when a challenge first ran here, and where the chain stood then. Until "caught_up_at" a backfill is
-- under way; one that does not notify is silent until then. The decision stands: a later setting changes nothing.
CREATE TABLE backbeat.challenge_starts (
    challenge_id text PRIMARY KEY,
    first_run text NOT NULL CHECK (first_run IN ('backfill', 'from_now')),
    notifies boolean NOT NULL,
    block_number bigint NOT NULL,
    play_id bigint NOT NULL,
    began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    caught_up_at timestamptz
);

-- Completed rewards whose cooldown may not be over yet. A row goes once it is decided whether the user hears that the reward
-- can be claimed. How long a cooldown is stands in the catalogue, so an edit there needs nothing here.
CREATE TABLE backbeat.cooldowns (
    challenge_id text NOT NULL,
    completed_at timestamp NOT NULL,
    specifier text NOT NULL,
    PRIMARY KEY (challenge_id, completed_at, specifier)
) WITH (autovacuum_vacuum_scale_factor = 0.05);

-- When a week's winners were taken from trending, and the newest block then: their rewards are dated with it. What a score is
-- follows the clock, so this is what can be repeated of the week, beside who won.
CREATE TABLE backbeat.weekly_snapshots (
    kind text NOT NULL,          -- as trending_results.type
    week date NOT NULL,
    taken_at timestamp NOT NULL,
    block_number integer,        -- the newest change of a track or playlist
    PRIMARY KEY (kind, week)
);

-- The ten tracks whose first admirers earn `t`, by the newest block when the list was seen to be another. What trends follows
-- the clock; who earns follows from these lists and the blocks.
CREATE TABLE backbeat.tastemaker_lists (
    blocknumber integer PRIMARY KEY,
    tracks integer [] NOT NULL
);

-- Whom it concerns: users who became verified or active, or ceased to be, with the block of the change. Most challenges
-- read nothing else of a user, and profiles are edited a thousand times as often.
CREATE TABLE backbeat.standing_changes (
    blocknumber integer NOT NULL,
    user_id integer NOT NULL,
    PRIMARY KEY (blocknumber, user_id)
);

-- Contests

-- What may be told of a remix contest at its time, by type of notification, and how far that is: users up to
-- "after_user_id" were told. "told_at" is the mark that all were, also where there was nobody. Who joins until "closes_at" is
-- told too. What cannot be told any more before that has no row; what is beyond it stays as a mark.
CREATE TABLE backbeat.contest_notices (
    event_id integer NOT NULL,
    type text NOT NULL,                 -- as in notification
    host_id integer NOT NULL,
    track_id integer NOT NULL,
    owner_id integer NOT NULL,          -- of the track
    closes_at timestamp NOT NULL,       -- the last instant at which it may be told
    after_user_id integer NOT NULL DEFAULT -1,
    begun_at timestamp NOT NULL,
    told_at timestamp,
    PRIMARY KEY (event_id, type)
) WITH (fillfactor = 80);
CREATE INDEX contest_notices_open ON backbeat.contest_notices (closes_at);
CREATE INDEX contest_notices_untold ON backbeat.contest_notices (closes_at, event_id, type) WHERE told_at IS NULL;

-- Repairs

-- Tracks that content nodes are asked about, because the chain says nothing of what they lack: a row for each repair and
-- track that lacks it. Who has not been asked about is due at once, the newest first; who was asked about in vain waits.
CREATE TABLE backbeat.track_repairs (
    repair text NOT NULL,
    track_id integer NOT NULL,
    subject uuid NOT NULL, -- functions/repair_subject; a track with another audio begins again
    created_at timestamp NOT NULL, -- of the track
    attempts integer NOT NULL DEFAULT 0, -- in vain, so far
    next_attempt_at timestamptz NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (repair, track_id, subject)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX track_repairs_due ON backbeat.track_repairs (repair, next_attempt_at, created_at DESC, track_id DESC);
