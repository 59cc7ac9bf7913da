SELECT
    'visible comments' AS fact,
    count(*)::text AS found,
    '1 in a week' AS wanted,
    count(*) > 0 AS holds
FROM comments AS said
WHERE said.user_id = %(user_id)s::integer AND NOT said.is_delete AND said.is_visible
