-- Everything that the schemas public and backbeat hold, but for rows: kind, name, what it is. Names have their schema
-- where pg_catalog alone is searched.
SELECT 'relation', oid::regclass::text,
    concat_ws(' ', relkind, relpersistence, relreplident, relrowsecurity, relispopulated, reloptions, relacl)
FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'backbeat'::regnamespace) AND relkind IN ('r', 'p', 'v', 'm', 'S', 'c')
UNION ALL
SELECT 'column', c.oid::regclass || '.' || a.attname, concat_ws(
    ' ', row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum), format_type(a.atttypid, a.atttypmod),
    a.attnotnull, a.attidentity, a.attgenerated, a.attstorage, a.attcompression, a.attcollation::regcollation,
    -- a server of Debian's notes there when a column was touched
    nullif(ARRAY(SELECT each FROM unnest(a.attoptions) AS each WHERE each NOT LIKE 'pg\_attver=%%'), '{}'),
    a.attacl, pg_get_expr(d.adbin, d.adrelid)
)
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace IN ('public'::regnamespace, 'backbeat'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm', 'c')
UNION ALL
SELECT 'constraint', conrelid::regclass || '.' || conname, concat_ws(' ', convalidated, pg_get_constraintdef(oid))
FROM pg_constraint WHERE connamespace IN ('public'::regnamespace, 'backbeat'::regnamespace) AND conrelid <> 0
UNION ALL
SELECT 'index', i.indexrelid::regclass::text,
    concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisprimary, i.indisclustered, c.reloptions)
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid WHERE c.relnamespace IN ('public'::regnamespace, 'backbeat'::regnamespace)
UNION ALL
SELECT 'trigger', t.tgrelid::regclass || '.' || t.tgname, concat_ws(' ', t.tgenabled, pg_get_triggerdef(t.oid))
FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND c.relnamespace IN ('public'::regnamespace, 'backbeat'::regnamespace)
UNION ALL
SELECT 'function', oid::regprocedure::text, pg_get_functiondef(oid) || coalesce(proacl::text, '')
FROM pg_proc WHERE pronamespace IN ('public'::regnamespace, 'backbeat'::regnamespace)
UNION ALL
SELECT 'view', oid::regclass::text, pg_get_viewdef(oid)
FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'backbeat'::regnamespace) AND relkind IN ('v', 'm')
UNION ALL
SELECT 'type', oid::regtype::text, concat_ws(
    ' ', typtype, typacl, (SELECT array_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid)
)
FROM pg_type AS t WHERE typnamespace IN ('public'::regnamespace, 'backbeat'::regnamespace) AND typcategory <> 'A'
UNION ALL
SELECT 'sequence', s.seqrelid::regclass::text, concat_ws(
    ' ', s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle,
    pg_sequence_last_value(s.seqrelid), d.refobjid::regclass, d.refobjsubid, d.deptype
)
FROM pg_sequence AS s
JOIN pg_class AS c ON c.oid = s.seqrelid AND c.relnamespace IN ('public'::regnamespace, 'backbeat'::regnamespace)
LEFT JOIN pg_depend AS d ON d.objid = s.seqrelid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
UNION ALL
SELECT 'remark', pg_describe_object(classoid, objoid, objsubid), description
FROM pg_description
WHERE (classoid = 'pg_class'::regclass AND objoid IN (SELECT oid FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'backbeat'::regnamespace)))
    OR (classoid = 'pg_proc'::regclass AND objoid IN (SELECT oid FROM pg_proc WHERE pronamespace IN ('public'::regnamespace, 'backbeat'::regnamespace)))
UNION ALL
SELECT 'default privilege', concat_ws(' ', defaclnamespace::regnamespace, defaclobjtype), defaclacl::text
FROM pg_default_acl
UNION ALL
SELECT 'schema', nspname, nspacl::text FROM pg_namespace WHERE nspname IN ('public', 'backbeat')
UNION ALL
SELECT 'seed', 'challenges', array_agg(c ORDER BY c.id)::text FROM public.challenges AS c
UNION ALL
SELECT 'seed', 'backbeat.replay_counts', array_agg(c)::text FROM backbeat.replay_counts AS c
