-- Every row of this transaction carries its block, so it need not be logged as an edit (backbeat.capture_edits).
SELECT set_config('backbeat.writes_blocks', 'on', true)
