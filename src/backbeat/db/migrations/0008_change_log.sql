-- What changed in tables whose rows carry no block stamp or have other writers: statement triggers append the keys of
-- the rows that a statement touched, and consumers read what became visible between two snapshots.
-- docs/decisions/0011-change-feed.md has the reasons and the figures.
--
-- The log is only ever appended to, and no two writers meet in it: nothing is unique, nothing is updated. One row holds
-- many keys, so a statement that touches a thousand rows appends five rows of the log and five of its index.

CREATE TABLE backbeat.changes (
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    logged_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    stream text NOT NULL,
    keys text[] -- NULL: every key there is
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE INDEX changes_stream_xid ON backbeat.changes (stream, xid);

-- How far each consumer has read its stream: everything that "snapshot" sees. A snapshot means nothing to another
-- cluster, so the cluster's identity stands beside it, negated until the rebuild that a new position begins with is done.
CREATE TABLE backbeat.consumers (
    name text PRIMARY KEY,
    stream text NOT NULL,
    snapshot pg_snapshot NOT NULL,
    epoch bigint NOT NULL,
    signature text,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 200);

-- Until when keys that become due by the passage of time have been taken.
CREATE TABLE backbeat.clocks (
    name text PRIMARY KEY,
    reached_at timestamptz NOT NULL,
    signature text,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 200);

-- Writing

CREATE FUNCTION backbeat.log_keys(stream text, keys text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    -- 200 keys keep a row clear of compression and of a second table
    INSERT INTO backbeat.changes (stream, keys)
    SELECT log_keys.stream, log_keys.keys[first:first + 199]
    FROM generate_series(1, cardinality(log_keys.keys), 200) AS first;
END
$$;

COMMENT ON FUNCTION backbeat.log_keys (text, text[]) IS
'Say that some keys of a stream changed, as triggers do; by hand after a repair that they could not see.';

CREATE FUNCTION backbeat.log_everything(stream text) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO backbeat.changes (stream) VALUES (stream)
$$;

COMMENT ON FUNCTION backbeat.log_everything (text) IS
'Say that every key of a stream may have changed: whoever consumes it recomputes all.';

CREATE FUNCTION backbeat.capture_name(captured regclass, stream text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT format('log_%s_%s_to_%s', relnamespace::regnamespace, relname, stream) FROM pg_class WHERE oid = captured
$$;

CREATE FUNCTION backbeat.capture(
    captured regclass, stream text, key_columns text[], watched_columns text[] DEFAULT NULL
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
                'CREATE OR REPLACE TRIGGER %I AFTER %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION backbeat.%I()',
                capture_name || suffix, event, captured, transition, capture_name
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

COMMENT ON FUNCTION backbeat.capture (regclass, text, text[], text[]) IS
'Log every change of a table to a stream. Each key column names a key in its own right, NULL none; all must be of one
type. With watched columns, an update that leaves them and the keys as they are is not logged. Calling again replaces
what was asked before. Writers need no rights on the log. A consumer sees what is written after this commits.';

CREATE FUNCTION backbeat.release(captured regclass, stream text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP FUNCTION IF EXISTS backbeat.%I() CASCADE', backbeat.capture_name(captured, stream));
END
$$;

COMMENT ON FUNCTION backbeat.release (regclass, text) IS 'Stop logging a table to a stream.';

-- Reading

CREATE FUNCTION backbeat.epoch() RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT system_identifier FROM pg_control_system()
$$;

COMMENT ON FUNCTION backbeat.epoch () IS
'Whose transaction ids these are: those of two clusters have nothing to do with each other.';

-- What "upto" sees and "after" does not. Of the transactions below the older snapshot's xmax that can only be those which
-- were under way then, so they are looked up one by one, and a writer that stays open for long makes nobody read again
-- what was read before. "rows_max" limits the late and the new ones each, oldest first.
CREATE FUNCTION backbeat.changes_between(stream text, after pg_snapshot, upto pg_snapshot, rows_max bigint DEFAULT NULL)
RETURNS SETOF backbeat.changes
LANGUAGE sql STABLE AS $$
    (
        SELECT late.*
        FROM backbeat.changes AS late
        WHERE
            late.stream = changes_between.stream
            AND late.xid = ANY (ARRAY(SELECT pg_snapshot_xip(after)))
            AND pg_visible_in_snapshot(late.xid, upto)
        ORDER BY late.xid
        LIMIT rows_max
    )
    UNION ALL
    (
        SELECT new.*
        FROM backbeat.changes AS new
        WHERE
            new.stream = changes_between.stream
            AND new.xid >= pg_snapshot_xmax(after)
            AND new.xid < pg_snapshot_xmax(upto)
            AND pg_visible_in_snapshot(new.xid, upto)
        ORDER BY new.xid
        LIMIT rows_max
    )
$$;

CREATE FUNCTION backbeat.changed_keys(stream text, after pg_snapshot, upto pg_snapshot)
RETURNS SETOF text
LANGUAGE sql STABLE AS $$
    SELECT key
    FROM backbeat.changes_between(changed_keys.stream, after, upto) AS change
    CROSS JOIN LATERAL unnest(coalesce(change.keys, ARRAY[NULL])) AS key
$$;

COMMENT ON FUNCTION backbeat.changed_keys (text, pg_snapshot, pg_snapshot) IS
'The keys logged by transactions that "upto" sees and "after" does not, once per log row; NULL for every key there is.';

-- A snapshot between two others: it sees what "after" sees, and of what "upto" sees the transactions below "stop". So a
-- batch ends between transactions, and how far a consumer has come is always one snapshot and nothing more.
CREATE FUNCTION backbeat.snapshot_between(after pg_snapshot, upto pg_snapshot, stop xid8)
RETURNS pg_snapshot
LANGUAGE sql IMMUTABLE AS $$
    WITH unseen AS (
        SELECT xid FROM pg_snapshot_xip(upto) AS xid WHERE xid < stop
        UNION ALL
        SELECT xid FROM pg_snapshot_xip(after) AS xid WHERE xid >= stop
    ),
    bounds AS (
        SELECT greatest(pg_snapshot_xmax(after), stop) AS xmax
    )
    SELECT format(
        '%s:%s:%s',
        coalesce((SELECT xid FROM unseen ORDER BY xid LIMIT 1), xmax),
        xmax,
        (SELECT string_agg(xid::text, ',' ORDER BY xid) FROM unseen)
    )::pg_snapshot
    FROM bounds
$$;
