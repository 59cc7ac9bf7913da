-- Makes the row of counts that a new user has.
CREATE OR REPLACE FUNCTION backbeat.start_users() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO aggregate_user (user_id)
    SELECT DISTINCT user_id FROM new_rows
    WHERE (SELECT existing.user_id FROM aggregate_user AS existing WHERE existing.user_id = new_rows.user_id) IS NULL
    ORDER BY user_id
    ON CONFLICT (user_id) DO NOTHING;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER start_users AFTER INSERT ON users
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.start_users();
