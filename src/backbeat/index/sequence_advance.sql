-- One that others have moved further stays where it is.
SELECT setval(%(sequence)s::text::regclass, %(last_id)s::bigint)
WHERE coalesce(pg_sequence_last_value(%(sequence)s::text::regclass), 0) < %(last_id)s::bigint
