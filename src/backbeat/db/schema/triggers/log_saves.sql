-- Logs tracks and playlists whose saves changed to the streams engaged_tracks and engaged_playlists.
CREATE OR REPLACE FUNCTION backbeat.log_saves() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tracks text[];
    playlists text[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT item_id::text) FILTER (WHERE kind = 'track'),
            array_agg(DISTINCT item_id::text) FILTER (WHERE kind <> 'track')
        INTO tracks, playlists
        FROM (
            SELECT
                save_item_id AS item_id, save_type::text AS kind, user_id, is_current, is_delete, created_at
            FROM new_rows
        ) AS touched;
    ELSIF TG_OP = 'UPDATE' THEN
        SELECT array_agg(DISTINCT item_id::text) FILTER (WHERE kind = 'track'),
            array_agg(DISTINCT item_id::text) FILTER (WHERE kind <> 'track')
        INTO tracks, playlists
        FROM (
            (
                SELECT
                    save_item_id AS item_id, save_type::text AS kind, user_id, is_current, is_delete, created_at
                FROM new_rows
                EXCEPT ALL
                SELECT
                    save_item_id AS item_id, save_type::text AS kind, user_id, is_current, is_delete, created_at
                FROM old_rows
            )
            UNION ALL
            (
                SELECT
                    save_item_id AS item_id, save_type::text AS kind, user_id, is_current, is_delete, created_at
                FROM old_rows
                EXCEPT ALL
                SELECT
                    save_item_id AS item_id, save_type::text AS kind, user_id, is_current, is_delete, created_at
                FROM new_rows
            )
        ) AS touched;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT item_id::text) FILTER (WHERE kind = 'track'),
            array_agg(DISTINCT item_id::text) FILTER (WHERE kind <> 'track')
        INTO tracks, playlists
        FROM (
            SELECT
                save_item_id AS item_id, save_type::text AS kind, user_id, is_current, is_delete, created_at
            FROM old_rows
        ) AS touched;
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
$$;

CREATE OR REPLACE TRIGGER log_insert AFTER INSERT ON saves
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.log_saves();

CREATE OR REPLACE TRIGGER log_update AFTER UPDATE ON saves
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.log_saves();

CREATE OR REPLACE TRIGGER log_delete AFTER DELETE ON saves
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.log_saves();

CREATE OR REPLACE TRIGGER log_truncate AFTER TRUNCATE ON saves
    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.log_saves();
