-- So many contests are edited, or all that there are.
UPDATE events SET blocknumber = %(block)s, updated_at = %(at)s
WHERE event_type = 'remix_contest' AND event_id <= %(rows)s
