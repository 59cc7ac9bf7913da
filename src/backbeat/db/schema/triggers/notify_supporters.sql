-- Tells of the ranks that supporters reached, at the slots of which a statement wrote any.
CREATE OR REPLACE FUNCTION backbeat.notify_supporters() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM backbeat.notify_ranks(ARRAY(SELECT DISTINCT slot FROM new_rows));
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER notify_supporters AFTER INSERT ON supporter_rank_ups
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.notify_supporters();
