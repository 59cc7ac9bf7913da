-- Rows of a few keys, or at a few places, are never looked for by reading a table whole, however small it is. Answers what
-- was set before.
SELECT
    current_setting('enable_seqscan'),
    set_config('enable_seqscan', %(allowed)s, true)
