CREATE OR REPLACE FUNCTION backbeat.changed_keys(stream text, after pg_snapshot, upto pg_snapshot)
RETURNS SETOF text
LANGUAGE sql STABLE AS $$
    SELECT key
    FROM backbeat.changes_between(changed_keys.stream, after, upto) AS change
    CROSS JOIN LATERAL unnest(coalesce(change.keys, ARRAY[NULL])) AS key
$$;

COMMENT ON FUNCTION backbeat.changed_keys (text, pg_snapshot, pg_snapshot) IS
'The keys logged by transactions that "upto" sees and "after" does not, once per log row; NULL for every key there is.';
