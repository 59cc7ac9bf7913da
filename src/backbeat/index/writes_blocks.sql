-- Every row of this transaction carries its block, so it need not be logged as an edit (backbeat.capture_edits). It shares a
-- lock, from before it reads rows, that other writers of such rows take alone (backbeat.hold_blocks).
SELECT
    set_config('backbeat.writes_blocks', 'on', true),
    pg_advisory_xact_lock_shared(hashtextextended('backbeat.blocks', 0))
