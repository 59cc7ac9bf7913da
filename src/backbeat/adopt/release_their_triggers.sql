-- The statements that enable the triggers that were disabled, as they were; one that is gone stays gone.
SELECT
    format(
        'ALTER TABLE %s ENABLE %s TRIGGER %I', class.oid::regclass,
        CASE saved.enabled WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END, saved.name
    )
FROM backbeat.adopted_triggers AS saved
JOIN pg_class AS class ON class.relname = saved.table_name AND class.relnamespace = 'public'::regnamespace
JOIN pg_trigger AS set_off ON set_off.tgrelid = class.oid AND set_off.tgname = saved.name
ORDER BY saved.table_name, saved.name
