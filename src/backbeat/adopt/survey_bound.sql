-- What is made of a table, or belongs to it, and would be lost or in the way if another table were put in its place.
SELECT class.relname::text AS table_name, bound.what
FROM pg_class AS class
CROSS JOIN LATERAL (
    SELECT DISTINCT 'view ' || made.ev_class::regclass::text AS what
    FROM pg_depend AS link
    JOIN pg_rewrite AS made ON made.oid = link.objid
    WHERE
        link.classid = 'pg_rewrite'::regclass AND link.refclassid = 'pg_class'::regclass
        AND link.refobjid = class.oid AND made.ev_class <> class.oid
    UNION ALL
    SELECT 'constraint ' || conname || ' of ' || conrelid::regclass FROM pg_constraint
    WHERE contype IN ('c', 'f', 'x') AND class.oid IN (conrelid, confrelid)
    UNION ALL
    SELECT 'table ' || inhrelid::regclass FROM pg_inherits WHERE inhparent = class.oid
    UNION ALL
    SELECT 'rule ' || rulename FROM pg_rewrite WHERE ev_class = class.oid
    UNION ALL
    SELECT 'row security' WHERE class.relrowsecurity
    UNION ALL
    SELECT 'policy ' || polname FROM pg_policy WHERE polrelid = class.oid
    UNION ALL
    SELECT 'trigger ' || tgname FROM pg_trigger WHERE tgrelid = class.oid AND NOT tgisinternal
    UNION ALL
    SELECT 'publication ' || publication.pubname
    FROM pg_publication_rel AS member
    JOIN pg_publication AS publication ON publication.oid = member.prpubid
    WHERE member.prrelid = class.oid
) AS bound
WHERE class.relnamespace = 'public'::regnamespace AND class.relname = ANY (%(tables)s::text[])
ORDER BY class.relname, bound.what
