-- Trending of tracks: docs/explanation/trending.md.

-- The formula's parts (domain: derived state, 2.2), one definition for every job that scores, in double precision.

CREATE FUNCTION backbeat.trending_age(release_date timestamp, created_at timestamp, now timestamp) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT floor(
        extract(EPOCH FROM now - CASE WHEN release_date > now THEN created_at ELSE greatest(release_date, created_at) END)
        / 86400
    )::integer
$$;

COMMENT ON FUNCTION backbeat.trending_age (timestamp, timestamp, timestamp) IS
'Whole days since the later of release and upload, or since the upload while the release is ahead. All in UTC.';

-- From twice the period on it is one and the same number, so that old scores never change by rounding.
CREATE FUNCTION backbeat.trending_decay(age_days integer, period_days integer) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN age_days <= period_days THEN 1
        WHEN age_days >= 2 * period_days THEN 1e-5
        ELSE power(100000::double precision, (period_days - age_days)::double precision / period_days)
    END
$$;

COMMENT ON FUNCTION backbeat.trending_decay (integer, integer) IS
'What is left of a score at an age: all of it for one period, then falling to a hundred-thousandth at two.';

CREATE FUNCTION backbeat.trending_base(
    plays bigint, reposts bigint, saves bigint, all_reposts bigint, all_saves bigint
) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT plays::double precision + 50 * reposts::double precision + saves::double precision
        + 0.25::double precision * all_reposts::double precision + 0.01::double precision * all_saves::double precision
$$;

COMMENT ON FUNCTION backbeat.trending_base (bigint, bigint, bigint, bigint, bigint) IS
'The weighted sum of what happened in a window, and of all reposts and saves ever.';

-- Coarse enough that a score seldom leaves its magnitude: then updates leave the indexes alone.
CREATE FUNCTION backbeat.magnitude(score double precision) RETURNS smallint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN score > 0 THEN greatest(floor(ln(score) / ln(2::double precision)) + 100, 1) ELSE 0 END::smallint
$$;

COMMENT ON FUNCTION backbeat.magnitude (double precision) IS
'The binary logarithm of a score, rounded down and counted from 100; 0 for a score of 0. Never falls as scores rise.';

-- What scores are made of

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

-- Lists are read in the order of magnitudes, and only the few rows of the last one are sorted for it. An index on the
-- score itself would have to be rewritten with every change.
ALTER TABLE track_trending_scores
ADD COLUMN magnitude smallint GENERATED ALWAYS AS (backbeat.magnitude(score)) STORED;
DROP INDEX track_trending_scores_week;
CREATE INDEX track_trending_scores_order ON track_trending_scores (
    version, time_range, magnitude DESC, track_id DESC
) WHERE type = 'TRACKS';
CREATE INDEX track_trending_scores_genre_order ON track_trending_scores (
    version, time_range, genre, magnitude DESC, track_id DESC
) WHERE type = 'TRACKS' AND genre IS NOT NULL;

-- What becomes due by the passage of time.
CREATE INDEX saves_created_at ON saves (created_at);
CREATE INDEX tracks_trending_age ON tracks (greatest(release_date, created_at))
    WHERE is_current AND NOT is_delete AND NOT is_unlisted AND stem_of IS NULL;
CREATE INDEX tracks_trending_release ON tracks (release_date)
    WHERE is_current AND NOT is_delete AND NOT is_unlisted AND stem_of IS NULL AND release_date > created_at;

-- Reading

-- The best, scores of 0 by id behind all others. The genre '' stands for all.
CREATE FUNCTION backbeat.trending_top(version text, time_range text, genre text, ranks_max integer)
RETURNS TABLE (rank bigint, track_id integer, score double precision)
LANGUAGE sql STABLE AS $$
    WITH scored AS MATERIALIZED (
        (
            SELECT s.track_id, s.score
            FROM public.track_trending_scores AS s
            WHERE trending_top.genre = '' AND s.type = 'TRACKS'
                AND s.version = trending_top.version AND s.time_range = trending_top.time_range
                AND s.magnitude > 0
            ORDER BY s.magnitude DESC
            FETCH FIRST (ranks_max) ROWS WITH TIES
        )
        UNION ALL
        (
            SELECT s.track_id, s.score
            FROM public.track_trending_scores AS s
            WHERE trending_top.genre <> '' AND s.type = 'TRACKS'
                AND s.version = trending_top.version AND s.time_range = trending_top.time_range
                AND s.genre = trending_top.genre AND s.magnitude > 0
            ORDER BY s.magnitude DESC
            FETCH FIRST (ranks_max) ROWS WITH TIES
        )
    ), rest AS MATERIALIZED (
        SELECT greatest(ranks_max - count(*), 0) AS size FROM scored
    ), listed AS (
        SELECT scored.track_id, scored.score FROM scored
        UNION ALL
        (
            SELECT s.track_id, s.score
            FROM public.track_trending_scores AS s
            WHERE trending_top.genre = '' AND s.type = 'TRACKS'
                AND s.version = trending_top.version AND s.time_range = trending_top.time_range
                AND s.magnitude = 0
            ORDER BY s.track_id DESC
            LIMIT (SELECT size FROM rest)
        )
        UNION ALL
        (
            SELECT s.track_id, s.score
            FROM public.track_trending_scores AS s
            WHERE trending_top.genre <> '' AND s.type = 'TRACKS'
                AND s.version = trending_top.version AND s.time_range = trending_top.time_range
                AND s.genre = trending_top.genre AND s.magnitude = 0
            ORDER BY s.track_id DESC
            LIMIT (SELECT size FROM rest)
        )
    )
    SELECT row_number() OVER (ORDER BY listed.score DESC, listed.track_id DESC), listed.track_id, listed.score
    FROM listed
    ORDER BY listed.score DESC, listed.track_id DESC
    LIMIT ranks_max
$$;

COMMENT ON FUNCTION backbeat.trending_top (text, text, text, integer) IS
'Tracks by score, then id, both descending (domain: derived state, 2.6). The genre '''' stands for all.';

-- Below the twenty best, whoever is small. Nearly everybody is, so it is enough to look a little deeper than asked;
-- where it is not, the second function looks four times as deep until it is.
CREATE FUNCTION backbeat.trending_underground_deep(version text, time_range text, genre text, ranks_max integer)
RETURNS TABLE (track_id integer, score double precision)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    depth integer := 20 + 4 * ranks_max;
    seen bigint;
    small_tracks integer[];
    small_scores double precision[];
BEGIN
    LOOP
        SELECT
            count(*),
            array_agg(top.track_id ORDER BY top.rank) FILTER (WHERE artist.user_id IS NOT NULL),
            array_agg(top.score ORDER BY top.rank) FILTER (WHERE artist.user_id IS NOT NULL)
        INTO seen, small_tracks, small_scores
        FROM backbeat.trending_top(version, time_range, genre, depth) AS top
        LEFT JOIN public.tracks AS track
            ON track.track_id = top.track_id AND track.is_current
            AND NOT track.is_delete AND NOT track.is_unlisted AND track.is_available AND top.rank > 20
        LEFT JOIN public.aggregate_user AS artist
            ON artist.user_id = track.owner_id AND artist.follower_count < 1500 AND artist.following_count < 1500;
        EXIT WHEN seen < depth OR cardinality(small_tracks) >= ranks_max;
        depth := 4 * depth;
    END LOOP;
    RETURN QUERY
    SELECT found.track_id, found.score
    FROM unnest(small_tracks, small_scores) WITH ORDINALITY AS found (track_id, score, rank)
    WHERE found.rank <= ranks_max;
END
$$;

CREATE FUNCTION backbeat.trending_underground(version text, time_range text, genre text, ranks_max integer)
RETURNS TABLE (rank bigint, track_id integer, score double precision)
LANGUAGE sql STABLE AS $$
    WITH top AS MATERIALIZED (
        SELECT near.rank, near.track_id, near.score
        FROM backbeat.trending_top(version, time_range, genre, 20 + ranks_max + ranks_max / 4) AS near
    ), small AS MATERIALIZED (
        SELECT top.track_id, top.score
        FROM top
        CROSS JOIN LATERAL (
            SELECT
            FROM public.tracks AS track
            JOIN public.aggregate_user AS artist ON artist.user_id = track.owner_id
            WHERE track.track_id = top.track_id AND track.is_current
                AND NOT track.is_delete AND NOT track.is_unlisted AND track.is_available
                AND artist.follower_count < 1500 AND artist.following_count < 1500
            LIMIT 1
        ) AS fits
        WHERE top.rank > 20
    ), depth AS MATERIALIZED (
        SELECT (SELECT count(*) FROM small) >= ranks_max
            OR (SELECT count(*) FROM top) < 20 + ranks_max + ranks_max / 4 AS is_enough
    ), listed AS (
        SELECT small.track_id, small.score FROM small CROSS JOIN depth WHERE depth.is_enough
        UNION ALL
        SELECT deep.track_id, deep.score
        FROM depth
        CROSS JOIN LATERAL backbeat.trending_underground_deep(version, time_range, genre, ranks_max) AS deep
        WHERE NOT depth.is_enough
    )
    SELECT row_number() OVER (ORDER BY listed.score DESC, listed.track_id DESC), listed.track_id, listed.score
    FROM listed
    ORDER BY listed.score DESC, listed.track_id DESC
    LIMIT ranks_max
$$;

COMMENT ON FUNCTION backbeat.trending_underground (text, text, text, integer) IS
'The same list without its first twenty and without artists of 1500 followers or followings (domain: 2.6).';

-- What changed. Aggregates are kept by triggers of tables that are captured themselves, so only what somebody else does
-- to them has to be logged: an update right from a client or job has no trigger around it.

DO $$
DECLARE
    engaged text;
    item text;
BEGIN
    FOREACH engaged IN ARRAY ARRAY['save', 'repost'] LOOP
        item := format('%1$s_item_id AS item_id, %1$s_type::text AS kind, user_id, is_current, is_delete, created_at', engaged);
        EXECUTE format(
            $function$
                CREATE FUNCTION backbeat.log_%1$ss() RETURNS trigger
                LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
                DECLARE
                    tracks text[];
                    playlists text[];
                BEGIN
                    IF TG_OP = 'INSERT' THEN
                        SELECT array_agg(DISTINCT item_id::text) FILTER (WHERE kind = 'track'),
                            array_agg(DISTINCT item_id::text) FILTER (WHERE kind <> 'track')
                        INTO tracks, playlists
                        FROM (SELECT %2$s FROM new_rows) AS touched;
                    ELSIF TG_OP = 'UPDATE' THEN
                        SELECT array_agg(DISTINCT item_id::text) FILTER (WHERE kind = 'track'),
                            array_agg(DISTINCT item_id::text) FILTER (WHERE kind <> 'track')
                        INTO tracks, playlists
                        FROM (
                            (SELECT %2$s FROM new_rows EXCEPT ALL SELECT %2$s FROM old_rows)
                            UNION ALL
                            (SELECT %2$s FROM old_rows EXCEPT ALL SELECT %2$s FROM new_rows)
                        ) AS touched;
                    ELSIF TG_OP = 'DELETE' THEN
                        SELECT array_agg(DISTINCT item_id::text) FILTER (WHERE kind = 'track'),
                            array_agg(DISTINCT item_id::text) FILTER (WHERE kind <> 'track')
                        INTO tracks, playlists
                        FROM (SELECT %2$s FROM old_rows) AS touched;
                    ELSE
                        PERFORM backbeat.log_everything('engaged_tracks'), backbeat.log_everything('engaged_playlists');
                    END IF;
                    IF tracks IS NOT NULL THEN
                        PERFORM backbeat.log_keys('engaged_tracks', tracks);
                    END IF;
                    IF playlists IS NOT NULL THEN
                        PERFORM backbeat.log_keys('engaged_playlists', playlists);
                    END IF;
                    RETURN NULL;
                END
                $body$
            $function$,
            engaged, item
        );
        EXECUTE (
            SELECT string_agg(
                format(
                    'CREATE TRIGGER log_%1$s AFTER %2$s ON public.%3$ss %4$s
                    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.log_%3$ss()',
                    lower(event), event, engaged, transition
                ),
                '; '
            )
            FROM (
                VALUES
                    ('INSERT', 'REFERENCING NEW TABLE AS new_rows'),
                    ('UPDATE', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'),
                    ('DELETE', 'REFERENCING OLD TABLE AS old_rows'),
                    ('TRUNCATE', '')
            ) AS kind (event, transition)
        );
    END LOOP;
END $$;

SELECT backbeat.capture('aggregate_track', 'engaged_tracks', ARRAY['track_id'], ARRAY['repost_count', 'save_count']);
SELECT backbeat.capture('aggregate_plays', 'engaged_tracks', ARRAY['play_item_id'], ARRAY['count']);
SELECT backbeat.capture(
    'aggregate_playlist', 'engaged_playlists', ARRAY['playlist_id'], ARRAY['repost_count', 'save_count']
);
-- Both ends of a follow: the one has another weight, the other may be too busy for the underground.
SELECT backbeat.capture(
    'follows', 'karma_users', ARRAY['follower_user_id', 'followee_user_id'], ARRAY['is_current', 'is_delete']
);
SELECT backbeat.capture('aggregate_user', 'karma_users', ARRAY['user_id'], ARRAY['follower_count', 'following_count']);
SELECT backbeat.capture(
    'users', 'karma_users', ARRAY['user_id'],
    ARRAY['is_current', 'cover_photo', 'cover_photo_sizes', 'profile_picture', 'profile_picture_sizes', 'bio']
);
SELECT backbeat.capture('tracks', 'karma_users', ARRAY['owner_id'], ARRAY['is_current']);
SELECT backbeat.capture(
    'tracks', 'trending_tracks', ARRAY['track_id'],
    ARRAY[
        'is_current', 'is_delete', 'is_unlisted', 'is_available', 'stem_of', 'genre', 'owner_id', 'release_date',
        'created_at'
    ]
);

DO $$
DECLARE
    kept record;
BEGIN
    FOR kept IN
        SELECT *
        FROM (
            VALUES
                ('aggregate_track', 'engaged_tracks', 'INSERT', 'NEW TABLE AS new_rows'),
                ('aggregate_track', 'engaged_tracks', 'UPDATE', 'OLD TABLE AS old_rows NEW TABLE AS new_rows'),
                ('aggregate_plays', 'engaged_tracks', 'INSERT', 'NEW TABLE AS new_rows'),
                ('aggregate_plays', 'engaged_tracks', 'UPDATE', 'OLD TABLE AS old_rows NEW TABLE AS new_rows'),
                ('aggregate_playlist', 'engaged_playlists', 'UPDATE', 'OLD TABLE AS old_rows NEW TABLE AS new_rows'),
                ('aggregate_user', 'karma_users', 'UPDATE', 'OLD TABLE AS old_rows NEW TABLE AS new_rows')
        ) AS rows (name, stream, event, transition)
    LOOP
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER %I AFTER %s ON public.%I REFERENCING %s
            FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION backbeat.%I()',
            backbeat.capture_name(format('public.%I', kept.name)::regclass, kept.stream)
            || CASE kept.event WHEN 'INSERT' THEN '_i' ELSE '_u' END,
            kept.event,
            kept.name,
            kept.transition,
            backbeat.capture_name(format('public.%I', kept.name)::regclass, kept.stream)
        );
    END LOOP;
END $$;
