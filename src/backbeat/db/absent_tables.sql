SELECT asked.name
FROM unnest(%(tables)s::text []) WITH ORDINALITY AS asked (name, place)
WHERE to_regclass(quote_ident(asked.name)) IS NULL
ORDER BY asked.place
