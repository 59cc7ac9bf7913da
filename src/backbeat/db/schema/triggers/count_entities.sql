-- Adds up what the owners that sitemaps list have: tracks, playlists, users.
CREATE OR REPLACE FUNCTION backbeat.count_entities() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    come bigint[] := '{0, 0, 0}';
    gone bigint[] := '{0, 0, 0}';
BEGIN
    IF TG_OP <> 'DELETE' THEN
        come := (
            SELECT ARRAY[coalesce(sum(tracks), 0), coalesce(sum(playlists), 0), coalesce(sum(users), 0)] FROM new_rows
        );
    END IF;
    IF TG_OP <> 'INSERT' THEN
        gone := (
            SELECT ARRAY[coalesce(sum(tracks), 0), coalesce(sum(playlists), 0), coalesce(sum(users), 0)] FROM old_rows
        );
    END IF;
    IF come <> gone THEN
        UPDATE backbeat.entity_counts AS kept
        SET tracks = kept.tracks + come[1] - gone[1],
            playlists = kept.playlists + come[2] - gone[2],
            users = kept.users + come[3] - gone[3];
    END IF;
    RETURN NULL;
END $$;

-- Transition tables ask for one trigger per event.
CREATE OR REPLACE TRIGGER count_inserted AFTER INSERT ON backbeat.listed_owners
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_entities();

CREATE OR REPLACE TRIGGER count_updated AFTER UPDATE ON backbeat.listed_owners
    REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_entities();

CREATE OR REPLACE TRIGGER count_deleted AFTER DELETE ON backbeat.listed_owners
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_entities();
