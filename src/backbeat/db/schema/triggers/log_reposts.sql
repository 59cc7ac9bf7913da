-- Logs tracks and playlists whose reposts changed to the streams engaged_tracks and engaged_playlists.
CREATE OR REPLACE FUNCTION backbeat.log_reposts() RETURNS trigger
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
                repost_item_id AS item_id, repost_type::text AS kind, user_id, is_current, is_delete, created_at
            FROM new_rows
        ) AS touched;
    ELSIF TG_OP = 'UPDATE' THEN
        SELECT array_agg(DISTINCT item_id::text) FILTER (WHERE kind = 'track'),
            array_agg(DISTINCT item_id::text) FILTER (WHERE kind <> 'track')
        INTO tracks, playlists
        FROM (
            (
                SELECT
                    repost_item_id AS item_id, repost_type::text AS kind, user_id, is_current, is_delete, created_at
                FROM new_rows
                EXCEPT ALL
                SELECT
                    repost_item_id AS item_id, repost_type::text AS kind, user_id, is_current, is_delete, created_at
                FROM old_rows
            )
            UNION ALL
            (
                SELECT
                    repost_item_id AS item_id, repost_type::text AS kind, user_id, is_current, is_delete, created_at
                FROM old_rows
                EXCEPT ALL
                SELECT
                    repost_item_id AS item_id, repost_type::text AS kind, user_id, is_current, is_delete, created_at
                FROM new_rows
            )
        ) AS touched;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT item_id::text) FILTER (WHERE kind = 'track'),
            array_agg(DISTINCT item_id::text) FILTER (WHERE kind <> 'track')
        INTO tracks, playlists
        FROM (
            SELECT
                repost_item_id AS item_id, repost_type::text AS kind, user_id, is_current, is_delete, created_at
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

CREATE OR REPLACE TRIGGER log_insert AFTER INSERT ON reposts
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.log_reposts();

CREATE OR REPLACE TRIGGER log_update AFTER UPDATE ON reposts
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.log_reposts();

CREATE OR REPLACE TRIGGER log_delete AFTER DELETE ON reposts
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.log_reposts();

CREATE OR REPLACE TRIGGER log_truncate AFTER TRUNCATE ON reposts
    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.log_reposts();
