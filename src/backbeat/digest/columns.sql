-- What is known of tables: their columns, the sets of columns that are unique among rows, their size; nothing of what is
-- not there.
SELECT
    given.name,
    array_agg(a.attname::text) AS columns,
    (
        SELECT coalesce(jsonb_agg(u.columns ORDER BY u.is_primary DESC, u.name), '[]')
        FROM (
            SELECT
                i.indisprimary AS is_primary,
                i.indexrelid::regclass::text AS name,
                (
                    SELECT jsonb_agg(c.attname::text ORDER BY keyed.place)
                    FROM unnest(i.indkey::smallint[]) WITH ORDINALITY AS keyed (attnum, place)
                    JOIN pg_attribute AS c ON c.attrelid = i.indrelid AND c.attnum = keyed.attnum
                    WHERE keyed.place <= i.indnkeyatts
                ) AS columns
            FROM pg_index AS i
            WHERE
                i.indrelid = to_regclass(given.name) AND i.indisunique AND i.indisvalid
                AND i.indpred IS NULL AND i.indexprs IS NULL
        ) AS u
    ) AS uniques,
    pg_relation_size(to_regclass(given.name)) / current_setting('block_size')::bigint AS pages
FROM unnest(%(names)s::text[]) AS given (name)
JOIN pg_attribute AS a ON a.attrelid = to_regclass(given.name) AND a.attnum > 0 AND NOT a.attisdropped
GROUP BY given.name
