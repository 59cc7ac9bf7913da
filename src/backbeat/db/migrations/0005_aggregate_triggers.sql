-- Counts kept in the writer's transaction, once per statement. Every trigger reads the statement's rows from transition
-- tables, nets them per key, and touches only keys whose count moves or whose row is missing. So the cost follows the
-- rows written, a write that changes nothing leaves no dead row, and how rows are batched into statements does not show
-- in the result. docs/decisions/0005-statement-triggers.md has the reasons and the figures.
--
-- Rows are upserted in key order, so that two writers cannot lock them crosswise. A missing row is looked for by
-- "(SELECT key ...) IS NULL", which is always an index probe; NOT EXISTS under OR may become a scan of the whole table.
-- Nullable counters are read through coalesce, because adopted rows may hold NULL.
--
-- A row is active when it is current and not deleted. By is_delete alone an edge counts twice once its version is
-- superseded (the old row is no longer current, a new one is inserted).

CREATE TYPE backbeat.engagement AS (user_id integer, item_id integer, on_track boolean, weight integer);
CREATE TYPE backbeat.release AS (owner_id integer, is_album boolean, listed integer, total integer);

-- Plays: all-time and monthly counts per track, and the milestones that the statement passed
--
-- A session keeps the plans of its first statement, and at the tip that one has a single row. Joined by nested loops the
-- 5,000 plays of a later one took six times as long, so the two functions over plays join without them; tables are
-- probed from subqueries, which have no other way.

CREATE FUNCTION backbeat.count_plays() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public SET enable_nestloop = off AS $$
DECLARE
    thresholds CONSTANT integer[] := ARRAY[
        10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000
    ];
    reached_tracks integer[];
    reached_thresholds integer[];
    reached_ordinals bigint[];
BEGIN
    WITH monthly AS MATERIALIZED (
        SELECT play_item_id, date_trunc('month', created_at)::date AS month, coalesce(country, '') AS country,
            count(*) AS plays
        FROM new_rows
        GROUP BY 1, 2, 3
    ), keep_monthly AS (
        INSERT INTO aggregate_monthly_plays AS kept (play_item_id, "timestamp", country, count)
        SELECT play_item_id, month, country, plays FROM monthly ORDER BY 1, 2, 3
        ON CONFLICT (play_item_id, "timestamp", country) DO UPDATE SET count = kept.count + excluded.count
    ), added AS MATERIALIZED (
        SELECT play_item_id, sum(plays)::bigint AS plays FROM monthly GROUP BY play_item_id
    ), total AS (
        INSERT INTO aggregate_plays AS kept (play_item_id, count)
        SELECT play_item_id, plays FROM added ORDER BY play_item_id
        ON CONFLICT (play_item_id) DO UPDATE SET count = coalesce(kept.count, 0) + excluded.count
        RETURNING play_item_id, count
    ), reached AS (
        SELECT total.play_item_id, threshold, threshold - (total.count - added.plays) AS ordinal
        FROM total
        JOIN added USING (play_item_id)
        JOIN unnest(thresholds) AS threshold
            ON threshold > total.count - added.plays AND threshold <= total.count
        -- Most tracks pass nothing; this keeps them away from the sixteen comparisons.
        WHERE width_bucket(total.count, thresholds::bigint[])
            > width_bucket(total.count - added.plays, thresholds::bigint[])
    )
    SELECT array_agg(play_item_id), array_agg(threshold), array_agg(ordinal)
    INTO reached_tracks, reached_thresholds, reached_ordinals
    FROM reached;

    IF reached_tracks IS NULL THEN
        RETURN NULL;
    END IF;

    -- The milestone carries the slot and time of the very play that reached it, however many were written with it.
    WITH reached AS (
        SELECT * FROM unnest(reached_tracks, reached_thresholds, reached_ordinals)
            AS r (play_item_id, threshold, ordinal)
    ), numbered AS (
        SELECT play_item_id, slot, created_at, row_number() OVER (PARTITION BY play_item_id ORDER BY id) AS ordinal
        FROM new_rows
        WHERE play_item_id = ANY (reached_tracks)
    ), milestone AS MATERIALIZED (
        SELECT reached.play_item_id AS track_id, reached.threshold, numbered.slot, numbered.created_at
        FROM reached JOIN numbered USING (play_item_id, ordinal)
    ), keep_milestones AS (
        INSERT INTO milestones (id, name, threshold, slot, "timestamp")
        SELECT track_id, 'LISTEN_COUNT', threshold, slot, created_at FROM milestone ORDER BY track_id, threshold
        ON CONFLICT (id, name, threshold) DO NOTHING
    )
    INSERT INTO notification (user_ids, specifier, group_id, type, slot, "timestamp", data)
    SELECT
        ARRAY[track.owner_id],
        track.owner_id::text,
        format('milestone:LISTEN_COUNT:id:%s:threshold:%s', track.track_id, threshold),
        'milestone',
        milestone.slot,
        milestone.created_at,
        jsonb_build_object('type', 'LISTEN_COUNT', 'track_id', track.track_id, 'threshold', threshold)
    FROM milestone
    CROSS JOIN LATERAL (
        SELECT track_id, owner_id FROM tracks WHERE tracks.track_id = milestone.track_id AND is_current LIMIT 1
    ) AS track
    ORDER BY track.track_id, threshold
    ON CONFLICT (group_id, specifier) DO NOTHING;
    RETURN NULL;
END $$;

-- Plays: how many distinct hours a user has listened in, and how many distinct tracks

CREATE FUNCTION backbeat.count_listeners() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public SET enable_nestloop = off AS $$
BEGIN
    -- An hour counts when it is later than every hour before it, in order of id: a late play counts nothing. The first
    -- play of an hour stands for the hour; the rest cannot be later than it.
    WITH heard AS (
        SELECT user_id, date_trunc('hour', created_at) AT TIME ZONE 'UTC' AS hour, min(id) AS first_id
        FROM new_rows
        WHERE user_id IS NOT NULL
        GROUP BY 1, 2
    ), ordered AS (
        SELECT user_id, hour, max(hour) OVER earlier AS latest_in_statement
        FROM heard
        WINDOW earlier AS (PARTITION BY user_id ORDER BY first_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    )
    INSERT INTO user_distinct_play_hours AS kept (user_id, hours_with_play, updated_at)
    SELECT user_id, count(*), max(hour)
    FROM ordered
    WHERE hour > coalesce(
        greatest(
            latest_in_statement,
            (SELECT stored.updated_at FROM user_distinct_play_hours AS stored WHERE stored.user_id = ordered.user_id)
        ),
        '-infinity'
    )
    GROUP BY user_id
    ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE
    SET hours_with_play = kept.hours_with_play + excluded.hours_with_play, updated_at = excluded.updated_at;

    -- A track is new to a user when this statement wrote all the plays that exist of the pair, so there is none beyond
    -- them in the index. A user without a row starts at 1, whatever the first play was.
    WITH pair AS (
        SELECT user_id, play_item_id, count(*) AS plays, min(id) AS first_id
        FROM new_rows
        WHERE user_id IS NOT NULL
        GROUP BY 1, 2
    ), judged AS MATERIALIZED (
        SELECT user_id, first_id, (
            SELECT true FROM plays AS existing
            WHERE existing.user_id = pair.user_id AND existing.play_item_id = pair.play_item_id
            OFFSET pair.plays LIMIT 1
        ) IS NULL AS is_new
        FROM pair
    ), listener AS (
        SELECT user_id, count(*) FILTER (WHERE is_new) AS fresh, max(first_id) FILTER (WHERE is_new) AS fresh_id,
            min(first_id) FILTER (WHERE is_new) IS NOT DISTINCT FROM min(first_id) AS starts_fresh,
            min(first_id) AS first_id
        FROM judged
        GROUP BY user_id
    ), counted AS MATERIALIZED (
        SELECT user_id, fresh + starts::integer AS fresh, coalesce(fresh_id, first_id) AS counted_id
        FROM listener
        CROSS JOIN LATERAL (
            SELECT NOT starts_fresh AND (
                SELECT kept.user_id FROM user_distinct_play_tracks AS kept WHERE kept.user_id = listener.user_id
            ) IS NULL AS starts
        ) AS known
        WHERE fresh > 0 OR starts
    )
    INSERT INTO user_distinct_play_tracks AS kept (user_id, track_count, updated_at)
    SELECT counted.user_id, counted.fresh, play.created_at AT TIME ZONE 'UTC'
    FROM counted JOIN new_rows AS play ON play.id = counted.counted_id
    ORDER BY counted.user_id
    ON CONFLICT (user_id) DO UPDATE
    SET track_count = kept.track_count + excluded.track_count, updated_at = excluded.updated_at;
    RETURN NULL;
END $$;

CREATE TRIGGER count_plays AFTER INSERT ON plays
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_plays();
CREATE TRIGGER count_listeners AFTER INSERT ON plays
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_listeners();

-- Follows

CREATE FUNCTION backbeat.count_follows() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    changes backbeat.engagement[] := '{}';
BEGIN
    IF TG_OP <> 'DELETE' THEN
        changes := ARRAY(
            SELECT (follower_user_id, followee_user_id, false, (is_current AND NOT is_delete)::integer)
                ::backbeat.engagement
            FROM new_rows
        );
    END IF;
    IF TG_OP <> 'INSERT' THEN
        changes := changes || ARRAY(
            SELECT (follower_user_id, followee_user_id, false, -(is_current AND NOT is_delete)::integer)
                ::backbeat.engagement
            FROM old_rows
        );
    END IF;

    INSERT INTO aggregate_user AS kept (user_id, following_count, follower_count)
    SELECT user_id, following, followers
    FROM (
        SELECT side.user_id, sum(side.following) AS following, sum(side.followers) AS followers
        FROM unnest(changes) AS change
        CROSS JOIN LATERAL (
            VALUES (change.user_id, change.weight, 0), (change.item_id, 0, change.weight)
        ) AS side (user_id, following, followers)
        GROUP BY side.user_id
    ) AS delta
    WHERE following <> 0 OR followers <> 0
        OR (SELECT existing.user_id FROM aggregate_user AS existing WHERE existing.user_id = delta.user_id) IS NULL
    ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE
    SET following_count = coalesce(kept.following_count, 0) + excluded.following_count,
        follower_count = coalesce(kept.follower_count, 0) + excluded.follower_count;
    RETURN NULL;
END $$;

-- Saves, reposts, shares: the actor, and the track or playlist acted on (albums are playlists). A playlist's row is made
-- with the playlist (below), so here only a row that exists, or whose playlist does, takes part.

CREATE FUNCTION backbeat.count_saves() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    changes backbeat.engagement[] := '{}';
BEGIN
    IF TG_OP <> 'DELETE' THEN
        changes := ARRAY(
            SELECT (user_id, save_item_id, save_type = 'track', (is_current AND NOT is_delete)::integer)
                ::backbeat.engagement
            FROM new_rows
        );
    END IF;
    IF TG_OP <> 'INSERT' THEN
        changes := changes || ARRAY(
            SELECT (user_id, save_item_id, save_type = 'track', -(is_current AND NOT is_delete)::integer)
                ::backbeat.engagement
            FROM old_rows
        );
    END IF;

    INSERT INTO aggregate_user AS kept (user_id, track_save_count)
    SELECT user_id, weight
    FROM (
        SELECT user_id, coalesce(sum(weight) FILTER (WHERE on_track), 0) AS weight FROM unnest(changes) GROUP BY user_id
    ) AS delta
    WHERE weight <> 0
        OR (SELECT existing.user_id FROM aggregate_user AS existing WHERE existing.user_id = delta.user_id) IS NULL
    ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE
    SET track_save_count = coalesce(kept.track_save_count, 0) + excluded.track_save_count;

    INSERT INTO aggregate_track AS kept (track_id, save_count)
    SELECT track_id, weight
    FROM (
        SELECT item_id AS track_id, sum(weight) AS weight FROM unnest(changes) WHERE on_track GROUP BY item_id
    ) AS delta
    WHERE weight <> 0
        OR (SELECT existing.track_id FROM aggregate_track AS existing WHERE existing.track_id = delta.track_id) IS NULL
    ORDER BY track_id
    ON CONFLICT (track_id) DO UPDATE SET save_count = kept.save_count + excluded.save_count;

    INSERT INTO aggregate_playlist AS kept (playlist_id, is_album, save_count)
    SELECT delta.playlist_id, playlist.is_album, delta.weight
    FROM (
        SELECT item_id AS playlist_id, sum(weight) AS weight FROM unnest(changes) WHERE NOT on_track GROUP BY item_id
    ) AS delta
    LEFT JOIN aggregate_playlist AS existing ON existing.playlist_id = delta.playlist_id
    LEFT JOIN playlists AS playlist ON playlist.playlist_id = delta.playlist_id AND playlist.is_current
    WHERE delta.weight <> 0 AND coalesce(existing.playlist_id, playlist.playlist_id) IS NOT NULL
    ORDER BY delta.playlist_id
    ON CONFLICT (playlist_id) DO UPDATE SET save_count = coalesce(kept.save_count, 0) + excluded.save_count;
    RETURN NULL;
END $$;

CREATE FUNCTION backbeat.count_reposts() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    changes backbeat.engagement[] := '{}';
BEGIN
    IF TG_OP <> 'DELETE' THEN
        changes := ARRAY(
            SELECT (user_id, repost_item_id, repost_type = 'track', (is_current AND NOT is_delete)::integer)
                ::backbeat.engagement
            FROM new_rows
        );
    END IF;
    IF TG_OP <> 'INSERT' THEN
        changes := changes || ARRAY(
            SELECT (user_id, repost_item_id, repost_type = 'track', -(is_current AND NOT is_delete)::integer)
                ::backbeat.engagement
            FROM old_rows
        );
    END IF;

    INSERT INTO aggregate_user AS kept (user_id, repost_count)
    SELECT user_id, weight
    FROM (SELECT user_id, sum(weight) AS weight FROM unnest(changes) GROUP BY user_id) AS delta
    WHERE weight <> 0
        OR (SELECT existing.user_id FROM aggregate_user AS existing WHERE existing.user_id = delta.user_id) IS NULL
    ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE SET repost_count = coalesce(kept.repost_count, 0) + excluded.repost_count;

    INSERT INTO aggregate_track AS kept (track_id, repost_count)
    SELECT track_id, weight
    FROM (
        SELECT item_id AS track_id, sum(weight) AS weight FROM unnest(changes) WHERE on_track GROUP BY item_id
    ) AS delta
    WHERE weight <> 0
        OR (SELECT existing.track_id FROM aggregate_track AS existing WHERE existing.track_id = delta.track_id) IS NULL
    ORDER BY track_id
    ON CONFLICT (track_id) DO UPDATE SET repost_count = kept.repost_count + excluded.repost_count;

    INSERT INTO aggregate_playlist AS kept (playlist_id, is_album, repost_count)
    SELECT delta.playlist_id, playlist.is_album, delta.weight
    FROM (
        SELECT item_id AS playlist_id, sum(weight) AS weight FROM unnest(changes) WHERE NOT on_track GROUP BY item_id
    ) AS delta
    LEFT JOIN aggregate_playlist AS existing ON existing.playlist_id = delta.playlist_id
    LEFT JOIN playlists AS playlist ON playlist.playlist_id = delta.playlist_id AND playlist.is_current
    WHERE delta.weight <> 0 AND coalesce(existing.playlist_id, playlist.playlist_id) IS NOT NULL
    ORDER BY delta.playlist_id
    ON CONFLICT (playlist_id) DO UPDATE SET repost_count = coalesce(kept.repost_count, 0) + excluded.repost_count;
    RETURN NULL;
END $$;

-- A share is an act without an end: every row counts.

CREATE FUNCTION backbeat.count_shares() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    changes backbeat.engagement[] := '{}';
BEGIN
    IF TG_OP <> 'DELETE' THEN
        changes := ARRAY(
            SELECT (user_id, share_item_id, share_type = 'track', 1)::backbeat.engagement FROM new_rows
        );
    END IF;
    IF TG_OP <> 'INSERT' THEN
        changes := changes || ARRAY(
            SELECT (user_id, share_item_id, share_type = 'track', -1)::backbeat.engagement FROM old_rows
        );
    END IF;

    INSERT INTO aggregate_user AS kept (user_id, track_share_count)
    SELECT user_id, sum(weight) FROM unnest(changes) WHERE on_track GROUP BY user_id HAVING sum(weight) <> 0
    ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE
    SET track_share_count = coalesce(kept.track_share_count, 0) + excluded.track_share_count;

    INSERT INTO aggregate_track AS kept (track_id, share_count)
    SELECT item_id, sum(weight) FROM unnest(changes) WHERE on_track GROUP BY item_id HAVING sum(weight) <> 0
    ORDER BY item_id
    ON CONFLICT (track_id) DO UPDATE SET share_count = coalesce(kept.share_count, 0) + excluded.share_count;

    INSERT INTO aggregate_playlist AS kept (playlist_id, is_album, share_count)
    SELECT delta.playlist_id, playlist.is_album, delta.weight
    FROM (
        SELECT item_id AS playlist_id, sum(weight) AS weight FROM unnest(changes) WHERE NOT on_track GROUP BY item_id
    ) AS delta
    LEFT JOIN aggregate_playlist AS existing ON existing.playlist_id = delta.playlist_id
    LEFT JOIN playlists AS playlist ON playlist.playlist_id = delta.playlist_id AND playlist.is_current
    WHERE delta.weight <> 0 AND coalesce(existing.playlist_id, playlist.playlist_id) IS NOT NULL
    ORDER BY delta.playlist_id
    ON CONFLICT (playlist_id) DO UPDATE SET share_count = coalesce(kept.share_count, 0) + excluded.share_count;
    RETURN NULL;
END $$;

-- Comments on tracks, replies included. A NULL flag means its default: not deleted, visible.

CREATE FUNCTION backbeat.count_comments() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    changes backbeat.engagement[] := '{}';
BEGIN
    IF TG_OP <> 'DELETE' THEN
        changes := ARRAY(
            SELECT (user_id, entity_id, true, 1)::backbeat.engagement
            FROM new_rows
            WHERE entity_type = 'Track' AND is_delete IS NOT TRUE AND is_visible IS NOT FALSE
        );
    END IF;
    IF TG_OP <> 'INSERT' THEN
        changes := changes || ARRAY(
            SELECT (user_id, entity_id, true, -1)::backbeat.engagement
            FROM old_rows
            WHERE entity_type = 'Track' AND is_delete IS NOT TRUE AND is_visible IS NOT FALSE
        );
    END IF;

    INSERT INTO aggregate_track AS kept (track_id, comment_count)
    SELECT item_id, sum(weight) FROM unnest(changes) GROUP BY item_id HAVING sum(weight) <> 0
    ORDER BY item_id
    ON CONFLICT (track_id) DO UPDATE SET comment_count = coalesce(kept.comment_count, 0) + excluded.comment_count;
    RETURN NULL;
END $$;

-- Users and tracks

CREATE FUNCTION backbeat.start_users() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    INSERT INTO aggregate_user (user_id)
    SELECT DISTINCT user_id FROM new_rows
    WHERE (SELECT existing.user_id FROM aggregate_user AS existing WHERE existing.user_id = new_rows.user_id) IS NULL
    ORDER BY user_id
    ON CONFLICT (user_id) DO NOTHING;
    RETURN NULL;
END $$;

-- The owner's tracks: current, not deleted, available, not a stem (a JSON null is a value), open to everybody; of these
-- the listed ones.

CREATE FUNCTION backbeat.count_tracks() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    changes backbeat.release[] := '{}';
BEGIN
    IF TG_OP <> 'DELETE' THEN
        changes := ARRAY(
            SELECT (owner_id, false, (counts AND NOT is_unlisted)::integer, counts::integer)::backbeat.release
            FROM new_rows
            CROSS JOIN LATERAL (
                SELECT is_current AND NOT is_delete AND is_available AND stem_of IS NULL AND access_authorities IS NULL
                    AS counts
            ) AS track
        );
        INSERT INTO aggregate_track (track_id)
        SELECT DISTINCT track_id FROM new_rows
        WHERE (SELECT existing.track_id FROM aggregate_track AS existing WHERE existing.track_id = new_rows.track_id)
            IS NULL
        ORDER BY track_id
        ON CONFLICT (track_id) DO NOTHING;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        changes := changes || ARRAY(
            SELECT (owner_id, false, -(counts AND NOT is_unlisted)::integer, -counts::integer)::backbeat.release
            FROM old_rows
            CROSS JOIN LATERAL (
                SELECT is_current AND NOT is_delete AND is_available AND stem_of IS NULL AND access_authorities IS NULL
                    AS counts
            ) AS track
        );
    END IF;

    INSERT INTO aggregate_user AS kept (user_id, track_count, total_track_count)
    SELECT owner_id, listed, total
    FROM (
        SELECT owner_id, sum(listed) AS listed, sum(total) AS total FROM unnest(changes) GROUP BY owner_id
    ) AS delta
    WHERE listed <> 0 OR total <> 0
        OR (SELECT existing.user_id FROM aggregate_user AS existing WHERE existing.user_id = delta.owner_id) IS NULL
    ORDER BY owner_id
    ON CONFLICT (user_id) DO UPDATE
    SET track_count = coalesce(kept.track_count, 0) + excluded.track_count,
        total_track_count = coalesce(kept.total_track_count, 0) + excluded.total_track_count;
    RETURN NULL;
END $$;

-- Playlists and albums

CREATE FUNCTION backbeat.count_playlists() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    changes backbeat.release[] := '{}';
BEGIN
    IF TG_OP <> 'DELETE' THEN
        changes := ARRAY(
            SELECT (playlist_owner_id, is_album, (counts AND NOT is_private)::integer, counts::integer)
                ::backbeat.release
            FROM new_rows CROSS JOIN LATERAL (SELECT is_current AND NOT is_delete AS counts) AS playlist
        );
        -- What was saved, reposted or shared before the playlist was known counts from the start, so the order in which
        -- one transaction fills the tables does not matter.
        INSERT INTO aggregate_playlist AS kept (playlist_id, is_album, repost_count, save_count, share_count)
        SELECT
            fresh.playlist_id,
            fresh.is_album,
            coalesce(existing.repost_count, (
                SELECT count(*) FROM reposts
                WHERE repost_item_id = fresh.playlist_id AND repost_type <> 'track' AND is_current AND NOT is_delete
            )),
            coalesce(existing.save_count, (
                SELECT count(*) FROM saves
                WHERE save_item_id = fresh.playlist_id AND save_type <> 'track' AND is_current AND NOT is_delete
            )),
            coalesce(existing.share_count, (
                SELECT count(*) FROM shares WHERE share_item_id = fresh.playlist_id AND share_type <> 'track'
            ))
        FROM (
            SELECT DISTINCT ON (playlist_id) playlist_id, is_album, is_current
            FROM new_rows
            ORDER BY playlist_id, is_current DESC
        ) AS fresh
        LEFT JOIN aggregate_playlist AS existing ON existing.playlist_id = fresh.playlist_id
        WHERE existing.playlist_id IS NULL OR (fresh.is_current AND existing.is_album IS DISTINCT FROM fresh.is_album)
        ORDER BY fresh.playlist_id
        ON CONFLICT (playlist_id) DO UPDATE SET is_album = excluded.is_album;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        changes := changes || ARRAY(
            SELECT (playlist_owner_id, is_album, -(counts AND NOT is_private)::integer, -counts::integer)
                ::backbeat.release
            FROM old_rows CROSS JOIN LATERAL (SELECT is_current AND NOT is_delete AS counts) AS playlist
        );
    END IF;

    INSERT INTO aggregate_user AS kept (
        user_id, playlist_count, album_count, total_playlist_count, total_album_count
    )
    SELECT owner_id, playlists, albums, all_playlists, all_albums
    FROM (
        SELECT
            owner_id,
            coalesce(sum(listed) FILTER (WHERE NOT is_album), 0) AS playlists,
            coalesce(sum(listed) FILTER (WHERE is_album), 0) AS albums,
            coalesce(sum(total) FILTER (WHERE NOT is_album), 0) AS all_playlists,
            coalesce(sum(total) FILTER (WHERE is_album), 0) AS all_albums
        FROM unnest(changes)
        GROUP BY owner_id
    ) AS delta
    WHERE (playlists, albums, all_playlists, all_albums) <> (0, 0, 0, 0)
        OR (SELECT existing.user_id FROM aggregate_user AS existing WHERE existing.user_id = delta.owner_id) IS NULL
    ORDER BY owner_id
    ON CONFLICT (user_id) DO UPDATE
    SET playlist_count = coalesce(kept.playlist_count, 0) + excluded.playlist_count,
        album_count = coalesce(kept.album_count, 0) + excluded.album_count,
        total_playlist_count = coalesce(kept.total_playlist_count, 0) + excluded.total_playlist_count,
        total_album_count = coalesce(kept.total_album_count, 0) + excluded.total_album_count;
    RETURN NULL;
END $$;

-- Transition tables ask for one trigger per event. INSERT ... ON CONFLICT DO UPDATE fires both, each with its own rows.

CREATE TRIGGER start_users AFTER INSERT ON users
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.start_users();

DO $$
DECLARE
    counted text;
BEGIN
    FOREACH counted IN ARRAY ARRAY['follows', 'saves', 'reposts', 'shares', 'comments', 'tracks', 'playlists'] LOOP
        EXECUTE format(
            'CREATE TRIGGER count_inserted AFTER INSERT ON public.%I REFERENCING NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION backbeat.%I()', counted, 'count_' || counted
        );
        EXECUTE format(
            'CREATE TRIGGER count_updated AFTER UPDATE ON public.%I
            REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
            FOR EACH STATEMENT EXECUTE FUNCTION backbeat.%I()', counted, 'count_' || counted
        );
        EXECUTE format(
            'CREATE TRIGGER count_deleted AFTER DELETE ON public.%I REFERENCING OLD TABLE AS old_rows
            FOR EACH STATEMENT EXECUTE FUNCTION backbeat.%I()', counted, 'count_' || counted
        );
    END LOOP;
END $$;
