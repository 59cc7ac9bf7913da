-- The weeks in which some users commented, or earned for it: keys of `c`.
SELECT specifier
FROM user_challenges
WHERE user_id = ANY (%(keys)b::integer []) AND challenge_id = 'c'
UNION
SELECT to_hex(said.user_id) || to_char(said.created_at, ':IYYYIW')
FROM comments AS said
WHERE said.user_id = ANY (%(keys)b::integer [])
