-- Whom notifications told, of what kind, and when
SELECT told.group_id, told.specifier, told.user_ids [1] AS user_id, told.type, told.timestamp AS at
FROM unnest(%(groups)s::text [], %(specifiers)s::text []) AS asked (group_id, specifier)
JOIN notification AS told ON told.group_id = asked.group_id AND told.specifier = asked.specifier
