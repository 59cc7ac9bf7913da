-- The block loop marks its transactions ("backbeat.writes_blocks"): every row of them carries a block that a BlockFeed
-- tells of, and the marked statements pay for the look at the mark alone. Of all others, a key is logged unless the same
-- statement stamped a row of that key with a block that is still ahead of the cursor. So what an edit takes a row away
-- from, as a former owner, is told whatever the row's stamp is.
CREATE OR REPLACE FUNCTION backbeat.capture_edits(
    captured regclass, key_values text[], watched_columns text[]
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    function_name CONSTANT text := backbeat.capture_name(captured, 'edits');
    columns CONSTANT text := (SELECT string_agg(quote_ident(name), ', ') FROM unnest(watched_columns) AS name);
    keys CONSTANT text := (SELECT string_agg(format('(%s)', value), ', ') FROM unnest(key_values) AS value);
    is_ahead CONSTANT text :=
        'touched.blocknumber > coalesce((SELECT cursor.block_number FROM backbeat.cursor AS cursor), -1)';
    new_rows CONSTANT text := format('SELECT %s FROM new_rows', columns);
    old_rows CONSTANT text := format('SELECT %s FROM old_rows', columns);
    keys_of CONSTANT text := format(
        'SELECT named.key FROM (%%s) AS touched CROSS JOIN LATERAL (VALUES %s) AS named (key) WHERE named.key IS NOT NULL',
        keys
    );
BEGIN
    EXECUTE format(
        $function$
            CREATE OR REPLACE FUNCTION backbeat.%I() RETURNS trigger
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
            BEGIN
                CASE TG_OP
                    WHEN 'INSERT' THEN PERFORM backbeat.log_keys('edits', ARRAY(%s EXCEPT %s));
                    WHEN 'UPDATE' THEN PERFORM backbeat.log_keys('edits', ARRAY(%s EXCEPT %s));
                    WHEN 'DELETE' THEN PERFORM backbeat.log_keys('edits', ARRAY(SELECT DISTINCT key FROM (%s) AS gone));
                    ELSE PERFORM backbeat.log_everything('edits');
                END CASE;
                RETURN NULL;
            END
            $body$
        $function$,
        function_name,
        format(keys_of, new_rows),
        format(keys_of, new_rows) || ' AND ' || is_ahead,
        format(keys_of, format('(%1$s EXCEPT ALL %2$s) UNION ALL (%2$s EXCEPT ALL %1$s)', new_rows, old_rows)),
        format(keys_of, new_rows) || ' AND ' || is_ahead,
        format(keys_of, old_rows)
    );
    EXECUTE (
        SELECT string_agg(
            format(
                'CREATE OR REPLACE TRIGGER %I AFTER %s ON %s %s FOR EACH STATEMENT WHEN (%s) EXECUTE FUNCTION backbeat.%I()',
                function_name || suffix,
                event,
                captured,
                transition,
                -- with the rights of the writer, who may have none on a function of ours
                $when$coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on'$when$,
                function_name
            ),
            '; '
        )
        FROM (
            VALUES
                ('_i', 'INSERT', 'REFERENCING NEW TABLE AS new_rows'),
                ('_u', 'UPDATE', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'),
                ('_d', 'DELETE', 'REFERENCING OLD TABLE AS old_rows'),
                ('_t', 'TRUNCATE', '')
        ) AS kind (suffix, event, transition)
    );
END
$$;

COMMENT ON FUNCTION backbeat.capture_edits (regclass, text[], text[]) IS
'Log the edits of a table by others than the block loop to the stream "edits". Each of the key values, an expression over
"touched", names a key of the form kind:id, NULL none. Of an update only rows whose watched columns changed count.';
