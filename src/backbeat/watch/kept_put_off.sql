-- What could not be looked at is not asked for again at once
UPDATE backbeat.watch_differences AS kept
SET looked_at = %(now)s::timestamptz, looks = kept.looks + 1
FROM jsonb_array_elements(%(keys)s::jsonb) AS asked (key)
WHERE kept.subject = %(subject)s::text
    AND kept.key = ARRAY(
        SELECT part.text
        FROM jsonb_array_elements_text(asked.key) WITH ORDINALITY AS part (text, place)
        ORDER BY part.place
    )
