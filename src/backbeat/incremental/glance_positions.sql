-- One probe tells all feeds of a table: the newest stamp, or instant, that any of them has not taken.
SELECT place
FROM (
    WITH kept AS MATERIALIZED (
        SELECT
            asked.place,
            asked.opens,
            asked.probe,
            at.{name} IS NOT NULL AS known,
            coalesce(at.{position}, {first})::{type} AS after
        FROM unnest({places}::integer [], {checkpoints}::text [], {opens}::boolean [], {numbers}::integer [])
            AS asked (place, checkpoint, opens, probe)
        LEFT JOIN {ledger} AS at ON at.{name} = asked.checkpoint
    ),
    edge AS MATERIALIZED (
        SELECT array_agg(least.after ORDER BY least.probe) AS afters
        FROM (SELECT probe, min(after) AS after FROM kept GROUP BY probe) AS least
    ),
    newest AS MATERIALIZED (
        SELECT ARRAY[{probes}]::{type} [] AS marks
        FROM edge
        CROSS JOIN reached
    )
    SELECT kept.place
    FROM kept
    CROSS JOIN newest
    WHERE newest.marks[kept.probe] > kept.after OR (kept.opens AND NOT kept.known)
) AS marked
