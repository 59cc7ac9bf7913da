-- What completed rewards set off: the count of early ones, notifications, and cooldowns. Where SET backbeat.challenge_notifications =
-- off, as for a backfill, nobody is notified, and nobody of a challenge whose silent backfill is under way.
--
-- What is told once an hour is told once by several jobs too: each looks only once the others have committed. The lock is
-- one for everybody: locks by user would be as many as a backfill has earners, and be taken crosswise.
CREATE OR REPLACE FUNCTION backbeat.set_off(completed user_challenges[], are_new boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    told user_challenges[];
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('backbeat.completed_challenges', 0));
    told := ARRAY(
        SELECT one
        FROM unnest(completed) AS one
        WHERE NOT EXISTS (
            SELECT FROM backbeat.challenge_starts AS start
            WHERE start.challenge_id = one.challenge_id AND NOT start.notifies AND start.caught_up_at IS NULL
        )
    );
    PERFORM backbeat.count_early_challenges(completed);
    IF current_setting('backbeat.challenge_notifications', true) IS NOT DISTINCT FROM 'off' OR told = '{}' THEN
        RETURN;
    END IF;
    PERFORM backbeat.notify_rewards(told);
    PERFORM backbeat.notify_cooldowns(told);
    PERFORM backbeat.start_cooldowns(told);
    IF are_new THEN
        PERFORM backbeat.notify_tastemakers(told);
        PERFORM backbeat.notify_trending(told);
    END IF;
END $$;
