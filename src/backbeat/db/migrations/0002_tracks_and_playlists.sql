-- What blocks write: tracks and playlists.

-- Tracks

CREATE TABLE tracks (
    blockhash varchar, track_id integer NOT NULL, is_current boolean NOT NULL,
    is_delete boolean NOT NULL, owner_id integer NOT NULL, title text, cover_art varchar, tags varchar,
    genre varchar, mood varchar, credits_splits varchar, create_date varchar, file_type varchar,
    metadata_multihash varchar,
    blocknumber integer REFERENCES blocks (number) ON DELETE CASCADE,
    created_at timestamp NOT NULL, description varchar, isrc varchar, iswc varchar, license varchar,
    updated_at timestamp NOT NULL, cover_art_sizes varchar, is_unlisted boolean NOT NULL DEFAULT false,
    field_visibility jsonb, route_id varchar, stem_of jsonb, remix_of jsonb,
    txhash varchar NOT NULL DEFAULT '', slot integer, is_available boolean NOT NULL DEFAULT true,
    stream_conditions jsonb, track_cid varchar, is_playlist_upload boolean NOT NULL DEFAULT false,
    duration integer DEFAULT 0, ai_attribution_user_id integer, preview_cid varchar,
    audio_upload_id varchar, preview_start_seconds double precision, release_date timestamp,
    track_segments jsonb NOT NULL DEFAULT '[]', is_scheduled_release boolean NOT NULL DEFAULT false,
    is_downloadable boolean NOT NULL DEFAULT false, download_conditions jsonb,
    is_original_available boolean NOT NULL DEFAULT false, orig_file_cid varchar, orig_filename varchar,
    playlists_containing_track integer[] NOT NULL DEFAULT '{}', placement_hosts text, ddex_app varchar,
    ddex_release_ids jsonb, artists jsonb, resource_contributors jsonb,
    indirect_resource_contributors jsonb, rights_controller jsonb, copyright_line jsonb,
    producer_copyright_line jsonb, parental_warning_type varchar,
    playlists_previously_containing_track jsonb NOT NULL DEFAULT '{}', allowed_api_keys text[],
    bpm double precision, musical_key varchar, audio_analysis_error_count integer NOT NULL DEFAULT 0,
    is_custom_bpm boolean DEFAULT false, is_custom_musical_key boolean DEFAULT false,
    comments_disabled boolean DEFAULT false, pinned_comment_id integer,
    cover_original_song_title varchar, cover_original_artist varchar,
    is_owned_by_user boolean NOT NULL DEFAULT false, is_stream_gated boolean DEFAULT false,
    is_download_gated boolean DEFAULT false, no_ai_use boolean DEFAULT false,
    parental_warning parental_warning_type, territory_codes text[], access_authorities text[],
    CONSTRAINT tracks_territory_codes CHECK (
        cardinality(territory_codes) > 0
        AND array_to_string(territory_codes, ',', '*') ~ '^[A-Z]{2}(,[A-Z]{2})*$'
        AND length(array_to_string(territory_codes, ',', '*')) = 3 * cardinality(territory_codes) - 1
    ),
    PRIMARY KEY (track_id, txhash)
);
CREATE UNIQUE INDEX tracks_current ON tracks (track_id) WHERE is_current;
CREATE INDEX tracks_listed ON tracks (track_id, owner_id, genre, is_unlisted, is_delete) WHERE stem_of IS NULL;
CREATE INDEX tracks_visibility ON tracks (track_id, is_unlisted, is_available, is_delete, is_current);
CREATE INDEX tracks_by_owner ON tracks (owner_id, created_at);
CREATE INDEX tracks_created_at ON tracks (created_at);
CREATE INDEX tracks_track_cid_is_delete ON tracks (track_cid, is_delete);
CREATE INDEX tracks_ai_attribution ON tracks (ai_attribution_user_id) WHERE ai_attribution_user_id IS NOT NULL;
CREATE INDEX tracks_blocknumber ON tracks (blocknumber);
CREATE INDEX tracks_ddex_release_ids ON tracks USING gin (ddex_release_ids);
CREATE INDEX tracks_stream_conditions ON tracks USING gin (stream_conditions);
-- Remixes of a track, whichever of their parents it is
CREATE INDEX tracks_remixes ON tracks USING gin ((remix_of -> 'tracks') jsonb_path_ops) WITH (fastupdate = off)
    WHERE is_current AND NOT is_delete AND (remix_of -> 'tracks') IS NOT NULL;
CREATE INDEX tracks_pinning ON tracks (owner_id) WHERE pinned_comment_id IS NOT NULL;
CREATE INDEX tracks_pinned_comment ON tracks (pinned_comment_id) WHERE pinned_comment_id IS NOT NULL;
-- What content nodes are asked for: functions/lacks_analysis and functions/lacks_cid have the same conditions
CREATE INDEX tracks_lacking_analysis ON tracks (created_at DESC, track_id DESC)
    WHERE is_current
    AND (
        (musical_key IS NULL AND is_custom_musical_key IS NOT TRUE) OR (bpm IS NULL AND is_custom_bpm IS NOT TRUE)
    )
    AND audio_analysis_error_count < 3 AND track_cid IS NOT NULL
    AND genre NOT IN ('Podcasts', 'Podcast', 'Audiobooks');
CREATE INDEX tracks_lacking_cid ON tracks (created_at DESC, track_id DESC)
    WHERE is_current AND NOT is_delete AND stem_of IS NULL AND track_cid IS NULL AND audio_upload_id <> '';
-- What becomes due by the passage of time
CREATE INDEX tracks_trending_age ON tracks (greatest(release_date, created_at))
    WHERE is_current AND NOT is_delete AND NOT is_unlisted AND stem_of IS NULL;
CREATE INDEX tracks_trending_release ON tracks (release_date)
    WHERE is_current AND NOT is_delete AND NOT is_unlisted AND stem_of IS NULL AND release_date > created_at;
-- What waits for its release, the next one first: functions/is_scheduled_track
CREATE INDEX tracks_scheduled ON tracks (release_date, track_id)
    WHERE is_scheduled_release AND is_unlisted AND is_current AND NOT is_delete;

CREATE TABLE track_routes (
    slug varchar NOT NULL,
    title_slug varchar NOT NULL,
    collision_id integer NOT NULL,
    owner_id integer NOT NULL,
    track_id integer NOT NULL,
    is_current boolean NOT NULL,
    blockhash varchar NOT NULL,
    blocknumber integer NOT NULL,
    txhash varchar NOT NULL,
    PRIMARY KEY (owner_id, slug)
);
CREATE INDEX track_routes_track_id ON track_routes (track_id);
-- One end of an index answers, however many equal titles an owner has.
CREATE INDEX track_routes_collision ON track_routes (owner_id, title_slug, collision_id);
CREATE INDEX track_routes_current ON track_routes (track_id) WHERE is_current;

CREATE TABLE stems (
    parent_track_id integer NOT NULL,
    child_track_id integer NOT NULL,
    PRIMARY KEY (parent_track_id, child_track_id)
);

CREATE TABLE remixes (
    parent_track_id integer NOT NULL,
    child_track_id integer NOT NULL,
    PRIMARY KEY (parent_track_id, child_track_id)
);
CREATE INDEX remixes_by_child ON remixes (child_track_id, parent_track_id);

CREATE TABLE track_downloads (
    txhash varchar NOT NULL,
    blocknumber integer NOT NULL REFERENCES blocks (number) ON DELETE CASCADE,
    parent_track_id integer NOT NULL, track_id integer NOT NULL, user_id integer,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, city varchar, region varchar,
    country varchar,
    PRIMARY KEY (parent_track_id, track_id, txhash)
);

CREATE TABLE track_price_history (
    track_id integer NOT NULL, splits jsonb NOT NULL, total_price_cents bigint NOT NULL,
    blocknumber integer NOT NULL REFERENCES blocks (number) ON DELETE CASCADE,
    block_timestamp timestamp NOT NULL, created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    access usdc_purchase_access_type NOT NULL DEFAULT 'stream',
    PRIMARY KEY (track_id, block_timestamp)
);

CREATE TABLE track_collaborators (
    track_id integer NOT NULL,
    collaborator_user_id integer NOT NULL,
    invited_by integer NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'accepted', 'rejected')),
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL,
    txhash varchar NOT NULL,
    blocknumber integer,
    PRIMARY KEY (track_id, collaborator_user_id)
);
CREATE INDEX track_collaborators_by_user ON track_collaborators (collaborator_user_id, status, track_id);

-- Playlists; an album is a playlist with is_album

CREATE TABLE playlists (
    blockhash varchar,
    blocknumber integer REFERENCES blocks (number) ON DELETE CASCADE,
    playlist_id integer NOT NULL, playlist_owner_id integer NOT NULL, is_album boolean NOT NULL,
    is_private boolean NOT NULL, playlist_name varchar, playlist_contents jsonb NOT NULL,
    playlist_image_multihash varchar, is_current boolean NOT NULL, is_delete boolean NOT NULL,
    description varchar, created_at timestamp NOT NULL, upc varchar, updated_at timestamp NOT NULL,
    playlist_image_sizes_multihash varchar, txhash varchar NOT NULL DEFAULT '', last_added_to timestamp,
    slot integer, metadata_multihash varchar, is_image_autogenerated boolean NOT NULL DEFAULT false,
    stream_conditions jsonb, ddex_app varchar, ddex_release_ids jsonb, artists jsonb,
    copyright_line jsonb, producer_copyright_line jsonb, parental_warning_type varchar,
    is_scheduled_release boolean NOT NULL DEFAULT false, release_date timestamp,
    is_stream_gated boolean DEFAULT false,
    PRIMARY KEY (playlist_id, txhash)
);
CREATE UNIQUE INDEX playlists_current ON playlists (playlist_id) WHERE is_current;
CREATE INDEX playlists_visibility ON playlists (playlist_id, is_album, is_private, is_delete, is_current);
CREATE INDEX playlists_by_owner ON playlists (playlist_owner_id, created_at);
CREATE INDEX playlists_created_at ON playlists (created_at);
CREATE INDEX playlists_blocknumber ON playlists (blocknumber);
-- The instants that a playlist's age may count from: its making, and a release after that
CREATE INDEX playlists_released ON playlists (release_date) INCLUDE (playlist_id)
    WHERE is_current AND release_date > created_at;
-- The same by the time of day, at which an age grows by a day
CREATE INDEX playlists_ageing ON playlists ((created_at::time), created_at) WHERE is_current;
CREATE INDEX playlists_ageing_released ON playlists ((release_date::time), release_date)
    WHERE is_current AND release_date > created_at;
-- functions/is_scheduled_album
CREATE INDEX playlists_scheduled ON playlists (release_date, playlist_id)
    WHERE is_scheduled_release AND is_private AND is_album AND is_current AND NOT is_delete;

CREATE TABLE playlist_routes (
    slug varchar NOT NULL,
    title_slug varchar NOT NULL,
    collision_id integer NOT NULL,
    owner_id integer NOT NULL,
    playlist_id integer NOT NULL,
    is_current boolean NOT NULL,
    blockhash varchar NOT NULL,
    blocknumber integer NOT NULL,
    txhash varchar NOT NULL,
    PRIMARY KEY (owner_id, slug)
);
CREATE INDEX playlist_routes_playlist_id ON playlist_routes (playlist_id);
CREATE INDEX playlist_routes_collision ON playlist_routes (owner_id, title_slug, collision_id);
CREATE INDEX playlist_routes_current ON playlist_routes (playlist_id) WHERE is_current;

CREATE TABLE playlist_tracks (
    playlist_id integer NOT NULL,
    track_id integer NOT NULL,
    is_removed boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (playlist_id, track_id)
);
CREATE INDEX playlist_tracks_track_id_created_at ON playlist_tracks (track_id, created_at);
CREATE INDEX playlist_tracks_present ON playlist_tracks (playlist_id, track_id) WHERE is_removed IS NOT TRUE;

CREATE TABLE album_price_history (
    playlist_id integer NOT NULL, splits jsonb NOT NULL, total_price_cents bigint NOT NULL,
    blocknumber integer NOT NULL REFERENCES blocks (number) ON DELETE CASCADE,
    block_timestamp timestamp NOT NULL, created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (playlist_id, block_timestamp)
);

CREATE TABLE playlist_seen (
    user_id integer NOT NULL, playlist_id integer NOT NULL, seen_at timestamp NOT NULL,
    is_current boolean NOT NULL,
    blocknumber integer REFERENCES blocks (number) ON DELETE CASCADE,
    blockhash varchar, txhash varchar,
    PRIMARY KEY (user_id, playlist_id, seen_at)
);
-- The last look, which the next one replaces
CREATE INDEX playlist_seen_last ON playlist_seen (user_id, playlist_id, seen_at) WHERE is_current;
