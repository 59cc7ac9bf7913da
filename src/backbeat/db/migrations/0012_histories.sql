-- What judgements depend on, as it was (docs/explanation/histories.md): versions of rows that others have superseded. What a
-- base row says now is not repeated here, so a history grows by what is changed and taken back, not by what is made.
--
-- A version holds from the end of the block "since_block" to that of the one before "until_block". Without an end it is what
-- the base row says: kept where that row's own blocknumber no longer tells since when.

-- From which block on each history is whole, and of plays from which id. Before it, what is not found is not known.
CREATE TABLE backbeat.histories (
    table_name text PRIMARY KEY,
    from_block integer NOT NULL,
    from_play bigint NOT NULL
);

CREATE TABLE backbeat.past_users (
    user_id integer NOT NULL,
    since_block integer NOT NULL,
    until_block integer,
    is_verified boolean NOT NULL,
    is_deactivated boolean NOT NULL,
    is_available boolean NOT NULL,
    has_handle boolean NOT NULL,
    has_name boolean NOT NULL,
    has_bio boolean NOT NULL,
    has_picture boolean NOT NULL,
    has_cover boolean NOT NULL,
    PRIMARY KEY (user_id, since_block)
);
CREATE INDEX past_users_since ON backbeat.past_users (since_block);

-- "releases_at": when a scheduled track comes out by itself; "parents": the tracks that it is a remix of, 100 at most
CREATE TABLE backbeat.past_tracks (
    track_id integer NOT NULL,
    since_block integer NOT NULL,
    until_block integer,
    owner_id integer NOT NULL,
    is_delete boolean NOT NULL,
    is_unlisted boolean NOT NULL,
    is_available boolean NOT NULL,
    is_stem boolean NOT NULL,
    is_stream_gated boolean NOT NULL,
    releases_at timestamp,
    pinned_comment_id integer,
    parents integer[],
    PRIMARY KEY (track_id, since_block)
);
CREATE INDEX past_tracks_since ON backbeat.past_tracks (since_block);
CREATE INDEX past_tracks_owner ON backbeat.past_tracks (owner_id);
CREATE INDEX past_tracks_pinned_comment ON backbeat.past_tracks (pinned_comment_id) WHERE pinned_comment_id IS NOT NULL;

CREATE TABLE backbeat.past_playlists (
    playlist_id integer NOT NULL,
    since_block integer NOT NULL,
    until_block integer,
    owner_id integer NOT NULL,
    is_delete boolean NOT NULL,
    is_private boolean NOT NULL,
    is_album boolean NOT NULL,
    has_entries boolean NOT NULL,
    PRIMARY KEY (playlist_id, since_block)
);
CREATE INDEX past_playlists_owner ON backbeat.past_playlists (owner_id);

CREATE TABLE backbeat.past_comments (
    comment_id integer NOT NULL,
    since_block integer NOT NULL,
    until_block integer,
    user_id integer NOT NULL,
    entity_type text NOT NULL,
    entity_id integer NOT NULL,
    is_delete boolean NOT NULL,
    is_visible boolean NOT NULL,
    created_at timestamp NOT NULL,
    PRIMARY KEY (comment_id, since_block)
);
CREATE INDEX past_comments_user ON backbeat.past_comments (user_id, created_at);

CREATE TABLE backbeat.past_events (
    event_id integer NOT NULL,
    since_block integer NOT NULL,
    until_block integer,
    user_id integer NOT NULL,
    event_type event_type NOT NULL,
    is_deleted boolean NOT NULL,
    winners jsonb,
    PRIMARY KEY (event_id, since_block)
);
CREATE INDEX past_events_user ON backbeat.past_events (user_id);

-- Of what users do to each other and to content, the times in which it stood

CREATE TABLE backbeat.past_follows (
    follower_user_id integer NOT NULL,
    followee_user_id integer NOT NULL,
    since_block integer NOT NULL,
    until_block integer,
    created_at timestamp NOT NULL,
    PRIMARY KEY (follower_user_id, followee_user_id, since_block)
);
CREATE INDEX past_follows_since ON backbeat.past_follows (since_block);

CREATE TABLE backbeat.past_reposts (
    user_id integer NOT NULL,
    repost_item_id integer NOT NULL,
    repost_type reposttype NOT NULL,
    since_block integer NOT NULL,
    until_block integer,
    created_at timestamp NOT NULL,
    PRIMARY KEY (user_id, repost_item_id, repost_type, since_block)
);
CREATE INDEX past_reposts_since ON backbeat.past_reposts (since_block);
CREATE INDEX past_reposts_item ON backbeat.past_reposts (repost_item_id, repost_type);

CREATE TABLE backbeat.past_saves (
    user_id integer NOT NULL,
    save_item_id integer NOT NULL,
    save_type savetype NOT NULL,
    since_block integer NOT NULL,
    until_block integer,
    created_at timestamp NOT NULL,
    PRIMARY KEY (user_id, save_item_id, save_type, since_block)
);
CREATE INDEX past_saves_since ON backbeat.past_saves (since_block);
CREATE INDEX past_saves_item ON backbeat.past_saves (save_item_id, save_type);

-- The catalogue of rewards: every version, the present one too. An edit holds for what comes behind the cursor that it was
-- committed at: blocks from "from_block" on, plays from "from_play" on, events of other chains later than "from_time".
CREATE TABLE backbeat.past_challenges (
    challenge_id varchar NOT NULL,
    from_block integer NOT NULL,
    from_play bigint NOT NULL,
    from_time timestamp NOT NULL,
    is_gone boolean NOT NULL,
    type challengetype NOT NULL,
    amount varchar NOT NULL,
    active boolean NOT NULL,
    step_count integer,
    starting_block integer,
    weekly_pool integer,
    cooldown_days integer,
    PRIMARY KEY (challenge_id, from_block, from_play)
);

-- The cursor at the end of every block that moved its block number or its play id: which block holds a play, and when a block
-- was. Both only grow.
CREATE TABLE backbeat.past_frontiers (
    block_number integer NOT NULL,
    play_id bigint NOT NULL,
    height bigint NOT NULL,
    block_time timestamp NOT NULL,
    PRIMARY KEY (block_number, play_id)
);
CREATE INDEX past_frontiers_play ON backbeat.past_frontiers (play_id);

-- Histories begin with the first block, or where the database stands. Of an adopted one that is its newest block.
INSERT INTO backbeat.histories (table_name, from_block, from_play)
SELECT
    kept.table_name,
    coalesce((SELECT at.block_number FROM backbeat.cursor AS at), (SELECT max(number) FROM blocks), 0),
    coalesce((SELECT at.play_id FROM backbeat.cursor AS at), (SELECT max(id) FROM plays), 0)
FROM unnest(ARRAY[
    'users', 'tracks', 'playlists', 'comments', 'events', 'follows', 'reposts', 'saves', 'challenges', 'plays'
]) AS kept (table_name);

INSERT INTO backbeat.past_challenges
SELECT
    id, 0, 0, '-infinity', false, type, amount, active, step_count, starting_block, weekly_pool, cooldown_days
FROM challenges;
