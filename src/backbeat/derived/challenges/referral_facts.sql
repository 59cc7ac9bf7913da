-- What both of them ask: whether the referrer is verified decides which of the two a referral earns.
WITH asked AS (
    SELECT
        %(user_id)s::integer AS user_id,
        reward.id AS challenge_id,
        reward.id = 'rv' AS is_verified,
        reward.step_count
    FROM challenges AS reward
    WHERE reward.id = %(challenge_id)s::text
)
SELECT
    'earned of what referrals can earn' AS fact,
    counted.earned::text AS found,
    'below ' || asked.step_count AS wanted,
    counted.earned < asked.step_count AS holds
FROM asked
CROSS JOIN LATERAL (
    SELECT coalesce(sum(done.amount), 0) AS earned
    FROM user_challenges AS done
    WHERE done.user_id = asked.user_id AND done.challenge_id = asked.challenge_id
) AS counted
UNION ALL
SELECT
    CASE WHEN asked.is_verified THEN 'the user is verified' ELSE 'the user is not verified' END,
    coalesce(me.is_verified::text, 'unknown user'),
    asked.is_verified::text,
    coalesce(me.is_verified = asked.is_verified, false)
FROM asked
LEFT JOIN users AS me ON me.user_id = asked.user_id AND me.is_current
UNION ALL
SELECT
    'users who came through this one',
    counted.came::text,
    '1',
    counted.came > 0
FROM asked
CROSS JOIN LATERAL (
    SELECT count(*) AS came
    FROM user_events AS came
    WHERE came.referrer = asked.user_id AND came.user_id <> asked.user_id AND came.is_current
) AS counted
