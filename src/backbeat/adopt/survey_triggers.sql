-- Triggers of others on tables. One counts where the text of its function names a table that triggers of ours keep, or is
-- on a table that triggers of ours tell of; one tells where it does no more than notify listeners.
WITH found AS (
    SELECT
        class.relname::text AS table_name,
        set_off.tgname::text AS name,
        called.oid::regprocedure::text AS function,
        md5(called.prosrc) AS digest,
        set_off.tgenabled::text AS enabled,
        called.prosrc ~* '\m(insert\s+into|update|merge\s+into)\s+(public\.)?aggregate_'
            OR class.relname IN ('user_challenges', 'challenge_disbursements')
            OR class.relname IN ('aggregate_user', 'track_trending_scores', 'trending_results')
            AND called.prosrc ~* '\minsert\s+into\s+(public\.)?notification\M'
            OR class.relname = 'users' AND called.prosrc ~* '\maggregate_user\M' AS counts,
        called.prosrc ~* '\mpg_notify\M|\mnotify\M' AS tells
    FROM pg_trigger AS set_off
    JOIN pg_class AS class ON class.oid = set_off.tgrelid
    JOIN pg_proc AS called ON called.oid = set_off.tgfoid
    WHERE
        NOT set_off.tgisinternal
        AND class.relnamespace = 'public'::regnamespace
        AND class.relname = ANY (%(tables)s::text[])
        AND called.pronamespace <> coalesce(to_regnamespace('backbeat'), 0)
)

SELECT
    table_name,
    name,
    function,
    digest,
    enabled,
    counts,
    tells AND NOT counts AND table_name NOT IN ('notification', 'notification_seen', 'usdc_purchases') AS tells
FROM found
ORDER BY table_name, name
