-- Logs whose followings changed. Rows are compared as sets: a plan that joins what a statement wrote to what was there is
-- kept from its first call, which as a rule wrote a few rows, and of 5,000 it then compares each with each.
CREATE OR REPLACE FUNCTION backbeat.log_followings() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    CASE TG_OP
        WHEN 'INSERT' THEN PERFORM backbeat.log_keys('followings', (
            SELECT array_agg(user_id)::text[]
            FROM new_rows
            WHERE follower_count <> 0 OR following_count >= backbeat.followings_min()
        ));
        WHEN 'UPDATE' THEN PERFORM backbeat.log_keys('followings', (
            SELECT array_agg(user_id)::text[]
            FROM (
                SELECT
                    user_id,
                    follower_count,
                    backbeat.following_band(following_count)
                FROM new_rows
                EXCEPT ALL
                SELECT
                    user_id,
                    follower_count,
                    backbeat.following_band(following_count)
                FROM old_rows
            ) AS changed
        ));
        WHEN 'DELETE' THEN PERFORM backbeat.log_keys('followings', (SELECT array_agg(user_id)::text[] FROM old_rows));
        ELSE PERFORM backbeat.log_everything('followings');
    END CASE;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER log_followings_i AFTER INSERT ON aggregate_user
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.log_followings();

CREATE OR REPLACE TRIGGER log_followings_u AFTER UPDATE ON aggregate_user
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.log_followings();

CREATE OR REPLACE TRIGGER log_followings_d AFTER DELETE ON aggregate_user
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.log_followings();

CREATE OR REPLACE TRIGGER log_followings_t AFTER TRUNCATE ON aggregate_user
    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.log_followings();
