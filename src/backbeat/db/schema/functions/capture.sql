CREATE OR REPLACE FUNCTION backbeat.capture(
    captured regclass, stream text, key_columns text[], watched_columns text[] DEFAULT NULL, by_hand text[] DEFAULT '{}'
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    capture_name CONSTANT text := backbeat.capture_name(captured, stream);
    keys_of CONSTANT text := $keys$
        (SELECT array_agg(DISTINCT named.key)::text[]
        FROM (%s) AS touched CROSS JOIN LATERAL (VALUES %s) AS named (key) WHERE named.key IS NOT NULL)
    $keys$;
    wanted CONSTANT text[] := key_columns || watched_columns;
    unknown CONSTANT text := (
        SELECT string_agg(name, ', ') FROM unnest(wanted) AS name WHERE NOT EXISTS (
            SELECT FROM pg_attribute WHERE attrelid = captured AND attname = name AND attnum > 0 AND NOT attisdropped
        )
    );
    columns CONSTANT text := (SELECT string_agg(quote_ident(name), ', ') FROM unnest(wanted) AS name);
    key_values CONSTANT text := (SELECT string_agg(format('(touched.%I)', name), ', ') FROM unnest(key_columns) AS name);
    new_rows CONSTANT text := format('SELECT %s FROM new_rows', columns);
    old_rows CONSTANT text := format('SELECT %s FROM old_rows', columns);
BEGIN
    IF unknown IS NOT NULL THEN
        RAISE undefined_column USING MESSAGE = format('%s has no column %s to capture', captured, unknown);
    ELSIF octet_length(capture_name) > 60 THEN
        RAISE name_too_long USING MESSAGE = format('the name %I is longer than 60 bytes', capture_name);
    END IF;
    EXECUTE format(
        $function$
            CREATE OR REPLACE FUNCTION backbeat.%I() RETURNS trigger
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
            BEGIN
                CASE TG_OP
                    WHEN 'INSERT' THEN PERFORM backbeat.log_keys(%2$L, %3$s);
                    WHEN 'UPDATE' THEN PERFORM backbeat.log_keys(%2$L, %4$s);
                    WHEN 'DELETE' THEN PERFORM backbeat.log_keys(%2$L, %5$s);
                    ELSE PERFORM backbeat.log_everything(%2$L);
                END CASE;
                RETURN NULL;
            END
            $body$
        $function$,
        capture_name,
        stream,
        format(keys_of, new_rows, key_values),
        format(
            keys_of,
            CASE
                WHEN watched_columns IS NULL THEN format('%s UNION ALL %s', new_rows, old_rows)
                ELSE format('(%1$s EXCEPT ALL %2$s) UNION ALL (%2$s EXCEPT ALL %1$s)', new_rows, old_rows)
            END,
            key_values
        ),
        format(keys_of, old_rows, key_values)
    );
    EXECUTE (
        SELECT string_agg(
            format(
                'CREATE OR REPLACE TRIGGER %I AFTER %s ON %s %s FOR EACH STATEMENT %s EXECUTE FUNCTION backbeat.%I()',
                capture_name || suffix,
                event,
                captured,
                transition,
                CASE WHEN event = ANY (by_hand) THEN 'WHEN (pg_trigger_depth() = 0)' ELSE '' END,
                capture_name
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

COMMENT ON FUNCTION backbeat.capture (regclass, text, text[], text[], text[]) IS
'Log every change of a table to a stream. Each key column names a key in its own right, NULL none; all must be of one
type. With watched columns, an update that leaves them and the keys as they are is not logged.
Events in "by_hand" (INSERT, UPDATE, DELETE) are logged only where no trigger does them. Calling again replaces what was
asked before. Writers need no rights on the log. A consumer sees what is written after this commits.';
