-- Keeps every version of the catalogue. Run at the end of the transaction, however long an operator leaves it open, and between
-- two blocks: so an edit holds for all that comes behind the cursor, and for nothing that could be judged without it.
CREATE OR REPLACE FUNCTION backbeat.keep_past_challenges() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW IS NOT DISTINCT FROM OLD THEN
        RETURN NULL;
    END IF;
    PERFORM backbeat.hold_blocks();
    IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND NEW.id <> OLD.id THEN
        PERFORM backbeat.keep_rule(OLD, true);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM backbeat.keep_rule(NEW, false);
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS keep_past_challenges ON challenges;
CREATE CONSTRAINT TRIGGER keep_past_challenges AFTER INSERT OR UPDATE OR DELETE ON challenges
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION backbeat.keep_past_challenges();
