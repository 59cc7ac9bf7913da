-- Counts saves of the user, and of the track or playlist (albums are playlists). A playlist's row is made with the
-- playlist, so here only a row that exists, or whose playlist does, takes part.
CREATE OR REPLACE FUNCTION backbeat.count_saves() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
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

-- Transition tables ask for one trigger per event. INSERT ... ON CONFLICT DO UPDATE sets off both, each with its own rows.
CREATE OR REPLACE TRIGGER count_inserted AFTER INSERT ON saves
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_saves();

CREATE OR REPLACE TRIGGER count_updated AFTER UPDATE ON saves
    REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_saves();

CREATE OR REPLACE TRIGGER count_deleted AFTER DELETE ON saves
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_saves();
