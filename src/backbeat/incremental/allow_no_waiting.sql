-- Well below the server's deadlock_timeout (a second): of two who wait for each other, it is we who give up.
SELECT set_config('lock_timeout', '500ms', true)
