-- Each version that is over has an end. One without an end goes on: its row was written again and says what it said. Of a key
-- they come in order; what is open of it ends with the first, and what is known already is passed over.
CREATE OR REPLACE FUNCTION backbeat.keep_versions(history text, keys text[], versions json) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    past CONSTANT text := format('backbeat.%I', 'past_' || history);
    key CONSTANT text := (SELECT string_agg(quote_ident(name), ', ') FROM unnest(keys) AS name);
    of_key CONSTANT text := (SELECT string_agg(format('kept.%1$I = v.%1$I', name), ' AND ') FROM unnest(keys) AS name);
    ended bigint;
BEGIN
    EXECUTE format(
        $sql$
            UPDATE %1$s AS kept
            SET until_block = v.until_block
            FROM (
                SELECT DISTINCT ON (%2$s) * FROM json_populate_recordset(NULL::%1$s, $1) ORDER BY %2$s, since_block
            ) AS v
            WHERE %3$s AND kept.until_block IS NULL AND v.until_block IS NOT NULL
        $sql$,
        past, key, of_key
    ) USING versions;
    GET DIAGNOSTICS ended = ROW_COUNT;
    IF ended > 0 THEN
        EXECUTE format(
            $sql$
                DELETE FROM %1$s AS kept
                USING json_populate_recordset(NULL::%1$s, $1) AS v
                WHERE %2$s AND kept.since_block >= kept.until_block
            $sql$,
            past, of_key
        ) USING versions;
    END IF;
    EXECUTE format(
        $sql$
            INSERT INTO %1$s
            SELECT v.*
            FROM json_populate_recordset(NULL::%1$s, $1) AS v
            WHERE
                (v.since_block < v.until_block) IS NOT FALSE
                AND NOT EXISTS (
                    SELECT FROM %1$s AS kept
                    WHERE
                        %2$s
                        AND (kept.since_block < v.until_block) IS NOT FALSE
                        AND (kept.until_block > v.since_block) IS NOT FALSE
                )
            ON CONFLICT DO NOTHING
        $sql$,
        past, of_key
    ) USING versions;
END $$;

COMMENT ON FUNCTION backbeat.keep_versions (text, text [], json) IS
'Add to the history of a table what its rows said before they were changed: rows of backbeat.past_TABLE, by the columns that
are its key.';
