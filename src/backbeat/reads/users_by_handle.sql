-- Of several who had the handle in their time, the one who has it now.
SELECT person.user_id
FROM users AS person
WHERE person.handle_lc = %(handle)s::text
ORDER BY person.is_current DESC, person.is_deactivated, person.user_id
LIMIT 1
