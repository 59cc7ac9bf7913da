-- Raises what forbids the commit, because COMMIT may stand behind in the same trip.
WITH held AS MATERIALIZED (
    SELECT term
    FROM backbeat.leases
    WHERE name = %(name)s AND holder = %(holder)s AND term = %(term)s
    FOR SHARE
)
SELECT CASE WHEN NOT EXISTS (SELECT FROM held) THEN backbeat.break_off('lease_lost', 'BB002') END AS fenced
