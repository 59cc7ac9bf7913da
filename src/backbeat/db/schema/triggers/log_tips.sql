-- Logs tips as receiver:slot:sender to the stream given_tips: what an edit or a deletion takes away is named as well.
CREATE OR REPLACE FUNCTION backbeat.log_tips() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    CASE TG_OP
        WHEN 'INSERT' THEN PERFORM backbeat.log_keys('given_tips', (
            SELECT array_agg(DISTINCT concat_ws(':', receiver_user_id, slot, sender_user_id)) FROM new_rows
        ));
        WHEN 'UPDATE' THEN PERFORM backbeat.log_keys('given_tips', (
            SELECT array_agg(DISTINCT concat_ws(':', receiver_user_id, slot, sender_user_id))
            FROM (
                (
                    SELECT receiver_user_id, slot, sender_user_id, amount FROM new_rows
                    EXCEPT ALL
                    SELECT receiver_user_id, slot, sender_user_id, amount FROM old_rows
                )
                UNION ALL
                (
                    SELECT receiver_user_id, slot, sender_user_id, amount FROM old_rows
                    EXCEPT ALL
                    SELECT receiver_user_id, slot, sender_user_id, amount FROM new_rows
                )
            ) AS changed
        ));
        WHEN 'DELETE' THEN PERFORM backbeat.log_keys('given_tips', (
            SELECT array_agg(DISTINCT concat_ws(':', receiver_user_id, slot, sender_user_id)) FROM old_rows
        ));
        ELSE PERFORM backbeat.log_everything('given_tips');
    END CASE;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER log_tips_i AFTER INSERT ON user_tips
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.log_tips();

CREATE OR REPLACE TRIGGER log_tips_u AFTER UPDATE ON user_tips
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.log_tips();

CREATE OR REPLACE TRIGGER log_tips_d AFTER DELETE ON user_tips
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.log_tips();

CREATE OR REPLACE TRIGGER log_tips_t AFTER TRUNCATE ON user_tips
    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.log_tips();
