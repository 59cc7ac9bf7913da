-- One pass over everything: it has so much time, and reads tables whole.
SELECT
    set_config('statement_timeout', (%(seconds)s::integer * 1000)::text, true),
    set_config('enable_seqscan', 'on', true)
