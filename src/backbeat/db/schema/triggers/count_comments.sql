-- Counts comments on tracks, replies included. A NULL flag means its default: not deleted, visible.
CREATE OR REPLACE FUNCTION backbeat.count_comments() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    changes backbeat.engagement[] := '{}';
BEGIN
    IF TG_OP <> 'DELETE' THEN
        changes := ARRAY(
            SELECT (user_id, entity_id, true, 1)::backbeat.engagement
            FROM new_rows
            WHERE entity_type = 'Track' AND is_delete IS NOT TRUE AND is_visible IS NOT FALSE
        );
    END IF;
    IF TG_OP <> 'INSERT' THEN
        changes := changes || ARRAY(
            SELECT (user_id, entity_id, true, -1)::backbeat.engagement
            FROM old_rows
            WHERE entity_type = 'Track' AND is_delete IS NOT TRUE AND is_visible IS NOT FALSE
        );
    END IF;

    INSERT INTO aggregate_track AS kept (track_id, comment_count)
    SELECT item_id, sum(weight) FROM unnest(changes) GROUP BY item_id HAVING sum(weight) <> 0
    ORDER BY item_id
    ON CONFLICT (track_id) DO UPDATE SET comment_count = coalesce(kept.comment_count, 0) + excluded.comment_count;
    RETURN NULL;
END $$;

-- Transition tables ask for one trigger per event. INSERT ... ON CONFLICT DO UPDATE sets off both, each with its own rows.
CREATE OR REPLACE TRIGGER count_inserted AFTER INSERT ON comments
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_comments();

CREATE OR REPLACE TRIGGER count_updated AFTER UPDATE ON comments
    REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_comments();

CREATE OR REPLACE TRIGGER count_deleted AFTER DELETE ON comments
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_comments();
