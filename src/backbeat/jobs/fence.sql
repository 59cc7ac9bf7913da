-- The last statement of a run's transactions. What the session did is counted once its transaction has ended.
SELECT
    term,
    pg_stat_force_next_flush() AS reported
FROM backbeat.jobs
WHERE name = %(name)s AND term = %(term)s AND holder = %(holder)s
FOR SHARE
