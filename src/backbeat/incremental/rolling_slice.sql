-- A round goes through the range of keys as the clock goes through the round's time. One that is through, in time, begins
-- again with nothing due; so does one that began in time to come, by a clock that was ahead.
WITH kept AS (
    SELECT
        kept.started_at AS began_at,
        coalesce(kept.after_key, -1) AS after,
        coalesce(%(now)s::timestamptz, statement_timestamp()) AS now,
        coalesce((SELECT max(r.{column}) FROM {table} AS r), -1)::bigint AS last_key
    FROM (VALUES (%(name)s::text)) AS asked (name)
    LEFT JOIN backbeat.rounds AS kept ON kept.name = asked.name
),
timed AS (
    SELECT
        kept.*,
        greatest(extract(EPOCH FROM kept.now - kept.began_at) / %(seconds)s::integer, 0) AS share
    FROM kept
),
round AS (
    SELECT
        timed.*,
        timed.began_at IS NULL OR timed.began_at > timed.now
        OR (timed.share >= 1 AND timed.after >= timed.last_key) AS begins,
        greatest(timed.after, floor((timed.last_key + 1) * least(timed.share, 1))::bigint - 1) AS due
    FROM timed
),
slice AS (
    SELECT
        round.*,
        ARRAY(
            SELECT r.{column}
            FROM {table} AS r
            WHERE NOT round.begins AND r.{column} > round.after AND r.{column} <= round.due
            GROUP BY r.{column}
            ORDER BY r.{column}
            LIMIT %(keys_max)s::integer
        ) AS keys
    FROM round
)
SELECT
    began_at,
    CASE WHEN begins THEN now ELSE began_at END AS started_at,
    after,
    CASE
        WHEN begins THEN -1
        WHEN cardinality(keys) = %(keys_max)s::integer THEN keys[cardinality(keys)]
        ELSE due
    END::bigint AS upto,
    keys,
    NOT begins AND cardinality(keys) = %(keys_max)s::integer AS is_full
FROM slice
