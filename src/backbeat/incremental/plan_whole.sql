-- Some tables have indexes that begin with a few columns of their key, as the network's on scores do. By such an index the
-- planner would merge groups of rows and compare each row of one with each of the other: hours. Hashes take the whole key.
SELECT set_config('enable_mergejoin', 'off', true)
