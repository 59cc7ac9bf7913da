-- Notes users who became verified or active, or ceased to be, with the block of the change. The block loop notes its own
-- (index/standing.py). By groups, not by a join: a plan is kept from its first call, which as a rule wrote a few rows, and of
-- 5,000 a join then compares each with each.
CREATE OR REPLACE FUNCTION backbeat.note_standing() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO backbeat.standing_changes (blocknumber, user_id)
        SELECT DISTINCT blocknumber, user_id
        FROM new_rows
        WHERE is_current AND (is_verified OR is_deactivated) AND blocknumber IS NOT NULL
        ON CONFLICT DO NOTHING;
    ELSE
        INSERT INTO backbeat.standing_changes (blocknumber, user_id)
        SELECT max(blocknumber) FILTER (WHERE surplus > 0), user_id
        FROM (
            SELECT user_id, is_current, is_verified, is_deactivated, max(blocknumber) AS blocknumber, sum(side) AS surplus
            FROM (
                SELECT user_id, is_current, is_verified, is_deactivated, blocknumber, 1 AS side FROM new_rows
                UNION ALL
                SELECT user_id, is_current, is_verified, is_deactivated, NULL, -1 FROM old_rows
            ) AS either
            GROUP BY user_id, is_current, is_verified, is_deactivated
        ) AS standing
        GROUP BY user_id
        HAVING bool_or(is_current) AND max(blocknumber) FILTER (WHERE surplus > 0) IS NOT NULL
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER standing_inserted AFTER INSERT ON users
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.note_standing();

CREATE OR REPLACE TRIGGER standing_updated AFTER UPDATE ON users
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.note_standing();
