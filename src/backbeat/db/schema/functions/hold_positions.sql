-- One table after the other and always in this order, so that two workers cannot lock crosswise. Each statement sees what
-- those have committed whom the one before it waited for.
CREATE OR REPLACE FUNCTION backbeat.hold_positions(checkpoints text [], clocks text [], consumers text [], sweeps text [])
RETURNS TABLE (ledger text, name text, stamp bigint, instant timestamptz, snapshot text)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF checkpoints <> '{}' THEN
        RETURN QUERY
        SELECT 'checkpoints', kept.tablename::text, kept.last_checkpoint::bigint, NULL::timestamptz, NULL::text
        FROM indexing_checkpoints AS kept
        WHERE kept.tablename = ANY (hold_positions.checkpoints)
        ORDER BY kept.tablename
        FOR UPDATE;
    END IF;
    IF clocks <> '{}' THEN
        RETURN QUERY
        SELECT 'clocks', kept.name, NULL::bigint, kept.reached_at, NULL::text
        FROM backbeat.clocks AS kept
        WHERE kept.name = ANY (hold_positions.clocks)
        ORDER BY kept.name
        FOR UPDATE;
    END IF;
    IF consumers <> '{}' THEN
        RETURN QUERY
        SELECT 'consumers', kept.name, NULL::bigint, NULL::timestamptz, kept.snapshot::text
        FROM backbeat.consumers AS kept
        WHERE kept.name = ANY (hold_positions.consumers)
        ORDER BY kept.name
        FOR UPDATE;
    END IF;
    IF sweeps <> '{}' THEN
        RETURN QUERY
        SELECT 'sweeps', kept.name, kept.after_key, NULL::timestamptz, NULL::text
        FROM backbeat.rounds AS kept
        WHERE kept.name = ANY (hold_positions.sweeps)
        ORDER BY kept.name
        FOR UPDATE;
    END IF;
END $$;

COMMENT ON FUNCTION backbeat.hold_positions (text [], text [], text [], text []) IS
'Lock positions of derivations, by name in each table that keeps some, until the transaction ends, and tell where they are.';
