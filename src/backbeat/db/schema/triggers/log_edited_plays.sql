-- Logs what is done to monthly counts by hand: counts follow plays, which are told of themselves. Row by row: transition
-- tables would be filled with every count that a trigger keeps, for nothing.
CREATE OR REPLACE FUNCTION backbeat.log_edited_plays() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM backbeat.log_keys('edits', ARRAY(
        SELECT DISTINCT 'plays:' || track_id
        FROM (
            SELECT CASE WHEN TG_OP <> 'INSERT' THEN OLD.play_item_id END AS track_id
            UNION ALL
            SELECT CASE WHEN TG_OP <> 'DELETE' THEN NEW.play_item_id END
        ) AS touched
        WHERE track_id IS NOT NULL
    ));
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER log_edited_plays AFTER INSERT OR UPDATE OR DELETE ON aggregate_monthly_plays
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION backbeat.log_edited_plays();
