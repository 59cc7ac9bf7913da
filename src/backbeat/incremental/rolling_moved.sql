-- Whether a slice of rolling_slice.sql takes the round further, or begins it.
SELECT {place} AS place
FROM (
    SELECT
        asked.name,
        {now} AS now,
        coalesce((SELECT max(r.{column}) FROM {table} AS r), -1)::bigint AS last_key
    FROM reached
    CROSS JOIN (VALUES ({name})) AS asked (name)
) AS asked
LEFT JOIN backbeat.rounds AS kept ON kept.name = asked.name
CROSS JOIN LATERAL (
    SELECT greatest(extract(EPOCH FROM asked.now - kept.started_at) / {seconds}::integer, 0) AS share
) AS timed
WHERE
    kept.name IS NULL
    OR kept.started_at > asked.now
    OR (timed.share >= 1 AND kept.after_key >= asked.last_key)
    OR floor((asked.last_key + 1) * least(timed.share, 1))::bigint - 1 > kept.after_key
