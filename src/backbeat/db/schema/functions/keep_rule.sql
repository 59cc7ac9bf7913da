CREATE OR REPLACE FUNCTION backbeat.keep_rule(rule public.challenges, is_gone boolean) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO backbeat.past_challenges AS kept (
        challenge_id, from_block, from_play, from_time, is_gone, type, amount, active, step_count, starting_block,
        weekly_pool, cooldown_days
    )
    SELECT
        rule.id,
        coalesce(at.block_number + 1, 0),
        coalesce(at.play_id + 1, 0),
        coalesce(at.block_time, '-infinity'),
        keep_rule.is_gone,
        rule.type,
        rule.amount,
        rule.active,
        rule.step_count,
        rule.starting_block,
        rule.weekly_pool,
        rule.cooldown_days
    FROM (VALUES (true)) AS always (is_so)
    LEFT JOIN backbeat.cursor AS at ON always.is_so
    ON CONFLICT (challenge_id, from_block, from_play) DO UPDATE
    SET
        from_time = excluded.from_time,
        is_gone = excluded.is_gone,
        type = excluded.type,
        amount = excluded.amount,
        active = excluded.active,
        step_count = excluded.step_count,
        starting_block = excluded.starting_block,
        weekly_pool = excluded.weekly_pool,
        cooldown_days = excluded.cooldown_days
$$;

COMMENT ON FUNCTION backbeat.keep_rule (public.challenges, boolean) IS
'Keep a row of the catalogue as one that holds for what comes behind the cursor. "is_gone": it was deleted.';
