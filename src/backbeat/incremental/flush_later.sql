-- For this transaction alone: its commit returns before it is on the disk.
SELECT set_config('synchronous_commit', 'off', true)
