-- What is kept of keys, which are given as JSON: arrays of arrays may not be ragged
SELECT kept.*
FROM jsonb_array_elements(%(keys)s::jsonb) AS asked (key)
JOIN backbeat.watch_differences AS kept
    ON kept.subject = %(subject)s::text
    AND kept.key = ARRAY(
        SELECT part.text
        FROM jsonb_array_elements_text(asked.key) WITH ORDINALITY AS part (text, place)
        ORDER BY part.place
    )
