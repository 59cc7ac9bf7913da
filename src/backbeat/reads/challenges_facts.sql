-- Of every challenge. What else decides a challenge is in a file of its own, beside its rule.
SELECT
    'the challenge is active' AS fact,
    coalesce(bool_or(reward.active)::text, 'not in the catalogue') AS found,
    'true' AS wanted,
    coalesce(bool_or(reward.active), false) AS holds
FROM challenges AS reward
WHERE reward.id = %(challenge_id)s::text
UNION ALL
SELECT
    'the user is active',
    coalesce(bool_and(NOT me.is_deactivated)::text, 'unknown user'),
    'true',
    coalesce(bool_and(NOT me.is_deactivated), true)
FROM users AS me
WHERE me.user_id = %(user_id)s::integer AND me.is_current
