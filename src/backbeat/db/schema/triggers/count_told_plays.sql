-- Adds to a track's count the plays that were only told. They reach no milestone: an earlier chain told of those.
CREATE OR REPLACE FUNCTION backbeat.count_told_plays() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before jsonb := '{}';
BEGIN
    IF TG_OP = 'UPDATE' THEN
        before := (SELECT coalesce(jsonb_object_agg(track_id, plays), '{}') FROM old_rows);
    END IF;
    INSERT INTO aggregate_plays AS kept (play_item_id, count)
    SELECT track_id, plays - coalesce((before ->> track_id::text)::bigint, 0) FROM new_rows ORDER BY track_id
    ON CONFLICT (play_item_id) DO UPDATE SET count = coalesce(kept.count, 0) + excluded.count;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER count_told AFTER INSERT ON backbeat.told_plays
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_told_plays();

CREATE OR REPLACE TRIGGER count_told_more AFTER UPDATE ON backbeat.told_plays
    REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_told_plays();
