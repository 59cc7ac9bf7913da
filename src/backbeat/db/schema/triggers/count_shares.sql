-- Counts shares. A share is an act without an end: every row counts.
CREATE OR REPLACE FUNCTION backbeat.count_shares() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
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

-- Transition tables ask for one trigger per event. INSERT ... ON CONFLICT DO UPDATE sets off both, each with its own rows.
CREATE OR REPLACE TRIGGER count_inserted AFTER INSERT ON shares
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_shares();

CREATE OR REPLACE TRIGGER count_updated AFTER UPDATE ON shares
    REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_shares();

CREATE OR REPLACE TRIGGER count_deleted AFTER DELETE ON shares
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_shares();
