-- Triggers that others put on tables of the network, enabled or not, for rows or for statements, and what their functions do by
-- the words of their bodies. This file alone says which count: an adoption disables what it calls so, and no block is written
-- beside one that is enabled.
SELECT
    class.relname::text AS table,
    set_on.tgname::text AS name,
    routine.oid::regproc::text AS function,
    md5(routine.prosrc) AS digest,
    set_on.tgenabled::text AS enabled,
    CASE
        WHEN routine.prosrc ~* '\m(insert\s+into|update|delete\s+from|merge\s+into)\s+(only\s+)?("?public"?\.)?"?aggregate_'
            THEN 'counts'
        -- what users hear of rewards and of what trends, triggers and jobs of ours tell them
        WHEN
            class.relname IN ('user_challenges', 'challenge_disbursements')
            OR class.relname IN ('aggregate_user', 'track_trending_scores', 'trending_results')
            AND routine.prosrc ~* '\minsert\s+into\s+("?public"?\.)?"?notification\M'
            THEN 'tells'
        -- push services and programs of Solana need theirs, and blocks write none of these rows
        WHEN
            routine.prosrc ~* '\m(pg_notify|notify)\M'
            AND class.relname NOT IN ('notification', 'notification_seen', 'usdc_purchases')
            THEN 'notifies'
        ELSE 'other'
    END AS harm
FROM pg_trigger AS set_on
JOIN pg_class AS class ON class.oid = set_on.tgrelid
JOIN pg_proc AS routine ON routine.oid = set_on.tgfoid
WHERE
    NOT set_on.tgisinternal
    AND class.relnamespace = to_regnamespace('public')::oid
    AND class.relname = ANY (%(tables)s::text [])
    AND routine.pronamespace IS DISTINCT FROM to_regnamespace('backbeat')::oid
ORDER BY class.relname, set_on.tgname
