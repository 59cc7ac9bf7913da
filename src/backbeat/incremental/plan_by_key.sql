-- Rows of a few keys, or at a few places, are never looked for by reading a table whole, however small it is.
SELECT set_config('enable_seqscan', 'off', true)
