-- One that others have moved further stays where it is.
SELECT setval(sequence, %(last_id)s::bigint)
FROM (
    SELECT coalesce(pg_get_serial_sequence('plays', 'id')::regclass, to_regclass('plays_id_seq')) AS sequence
) AS asked
WHERE coalesce(pg_sequence_last_value(sequence), 0) < %(last_id)s::bigint
