SELECT
    step.name AS fact,
    step.done::text AS found,
    'true' AS wanted,
    step.done AS holds
FROM backbeat.profile_steps AS at
CROSS JOIN LATERAL (
    VALUES
        ('a description', at.profile_description),
        ('a name', at.profile_name),
        ('a picture', at.profile_picture),
        ('a cover photo', at.profile_cover_photo),
        ('five follows', at.follows),
        ('a repost', at.reposts),
        ('a save', at.favorites)
) AS step (name, done)
WHERE at.user_id = %(user_id)s::integer
UNION ALL
SELECT
    'a handle',
    coalesce(min(me.handle_lc), 'none'),
    'any',
    count(me.handle_lc) > 0
FROM users AS me
WHERE me.user_id = %(user_id)s::integer AND me.is_current
