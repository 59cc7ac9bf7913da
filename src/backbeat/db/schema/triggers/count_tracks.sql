-- Counts an owner's tracks, as functions/is_counted_track says which, and of these the listed ones.
CREATE OR REPLACE FUNCTION backbeat.count_tracks() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    changes backbeat.release[] := '{}';
BEGIN
    IF TG_OP <> 'DELETE' THEN
        changes := ARRAY(
            SELECT (owner_id, false, (counts AND NOT is_unlisted)::integer, counts::integer)::backbeat.release
            FROM new_rows
            CROSS JOIN LATERAL (
                SELECT backbeat.is_counted_track(is_current, is_delete, is_available, stem_of, access_authorities) AS counts
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
                SELECT backbeat.is_counted_track(is_current, is_delete, is_available, stem_of, access_authorities) AS counts
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

-- Transition tables ask for one trigger per event. INSERT ... ON CONFLICT DO UPDATE sets off both, each with its own rows.
CREATE OR REPLACE TRIGGER count_inserted AFTER INSERT ON tracks
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_tracks();

CREATE OR REPLACE TRIGGER count_updated AFTER UPDATE ON tracks
    REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_tracks();

CREATE OR REPLACE TRIGGER count_deleted AFTER DELETE ON tracks
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_tracks();
