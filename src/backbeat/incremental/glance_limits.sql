-- For jobs that are asked about one by one: a table that is locked keeps nobody waiting for long.
SELECT set_config('lock_timeout', '100ms', true), set_config('statement_timeout', '1s', true)
