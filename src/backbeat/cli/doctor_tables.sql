-- What autovacuum goes by, as it works it out for a table: its own options before the server's.
WITH settings AS (
    SELECT
        current_setting('autovacuum_vacuum_threshold')::double precision AS vacuum_threshold,
        current_setting('autovacuum_vacuum_scale_factor')::double precision AS vacuum_scale,
        nullif(current_setting('autovacuum_vacuum_max_threshold', true)::double precision, -1) AS vacuum_max,
        current_setting('autovacuum_analyze_threshold')::double precision AS analyze_threshold,
        current_setting('autovacuum_analyze_scale_factor')::double precision AS analyze_scale,
        current_setting('autovacuum_freeze_max_age')::bigint AS freeze_age,
        current_setting('autovacuum_multixact_freeze_max_age')::bigint AS multixact_age
),
kept AS (
    SELECT
        class.*,
        coalesce(toast.relfrozenxid, class.relfrozenxid) AS toast_frozenxid,
        coalesce(toast.relminmxid, class.relminmxid) AS toast_minmxid,
        (
            SELECT coalesce(jsonb_object_agg(option_name, option_value), '{}')
            FROM pg_options_to_table(class.reloptions)
        ) AS options,
        coalesce(pg_relation_size(class.oid), 0) AS bytes
    FROM pg_class AS class
    LEFT JOIN pg_class AS toast ON toast.oid = class.reltoastrelid
    WHERE class.relkind IN ('r', 'm') AND class.relpersistence <> 't'
)
SELECT
    format('%%I.%%I', seen.schemaname, seen.relname) AS name,
    kept.bytes,
    kept.reltuples < 0 AS is_unknown,
    seen.n_live_tup AS live_rows,
    seen.n_dead_tup AS dead_rows,
    seen.n_mod_since_analyze AS changed_rows,
    least(
        coalesce((kept.options ->> 'autovacuum_vacuum_threshold')::double precision, settings.vacuum_threshold)
        + coalesce((kept.options ->> 'autovacuum_vacuum_scale_factor')::double precision, settings.vacuum_scale)
        * greatest(kept.reltuples, 0),
        settings.vacuum_max
    ) AS vacuum_due,
    coalesce((kept.options ->> 'autovacuum_analyze_threshold')::double precision, settings.analyze_threshold)
    + coalesce((kept.options ->> 'autovacuum_analyze_scale_factor')::double precision, settings.analyze_scale)
    * greatest(kept.reltuples, 0) AS analyze_due,
    extract(epoch FROM clock_timestamp() - greatest(
        seen.last_vacuum, seen.last_autovacuum, %(prepared_at)s::timestamptz, pg_postmaster_start_time()
    ))::double precision AS vacuumed_seconds,
    extract(epoch FROM clock_timestamp() - greatest(
        seen.last_analyze, seen.last_autoanalyze, %(prepared_at)s::timestamptz, pg_postmaster_start_time()
    ))::double precision AS analyzed_seconds,
    coalesce(extract(epoch FROM clock_timestamp() - %(prepared_at)s::timestamptz), 'infinity')::double precision
        AS prepared_seconds,
    NOT coalesce((kept.options ->> 'autovacuum_enabled')::boolean, true) AS is_left_out,
    greatest(age(kept.relfrozenxid), age(kept.toast_frozenxid))::double precision / least(
        (kept.options ->> 'autovacuum_freeze_max_age')::bigint, settings.freeze_age
    ) AS age_share,
    greatest(mxid_age(kept.relminmxid), mxid_age(kept.toast_minmxid))::double precision / least(
        (kept.options ->> 'autovacuum_multixact_freeze_max_age')::bigint, settings.multixact_age
    ) AS multixact_share
FROM pg_stat_user_tables AS seen
JOIN kept ON kept.oid = seen.relid
CROSS JOIN settings
ORDER BY kept.bytes DESC, name
