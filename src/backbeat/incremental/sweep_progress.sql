-- How far a sweep is, and how far it goes: two probes of indexes.
SELECT
    round.after_key,
    (SELECT max(holder.{column}) FROM {table} AS holder) AS newest
FROM backbeat.rounds AS round
WHERE round.name = %(checkpoint)s::text
