-- A range of the index, whose order is the bytes' own or the server's: what does not begin so is left out afterwards.
SELECT person.handle_lc
FROM users AS person
WHERE
    person.handle_lc >= %(begins)s::text
    AND starts_with(person.handle_lc, %(begins)s::text)
ORDER BY person.handle_lc
LIMIT %(limit)s
