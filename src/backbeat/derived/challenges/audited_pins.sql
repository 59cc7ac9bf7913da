-- The tracks that some users' comments are pinned at, or were: keys of `cp`.
SELECT specifier
FROM user_challenges
WHERE user_id = ANY (%(keys)b::integer []) AND challenge_id = 'cp'
UNION
SELECT to_hex(said.user_id) || ':' || to_hex(said.entity_id)
FROM comments AS said
JOIN tracks AS pinned ON pinned.track_id = said.entity_id AND pinned.pinned_comment_id = said.comment_id
WHERE said.user_id = ANY (%(keys)b::integer []) AND said.entity_type = 'Track'
