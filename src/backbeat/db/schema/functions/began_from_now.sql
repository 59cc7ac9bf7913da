CREATE OR REPLACE FUNCTION backbeat.began_from_now(challenge_id text) RETURNS timestamp
LANGUAGE sql STABLE AS $$
    SELECT start.began_at AT TIME ZONE 'UTC'
    FROM backbeat.challenge_starts AS start
    WHERE start.challenge_id = began_from_now.challenge_id AND start.first_run = 'from_now'
$$;

COMMENT ON FUNCTION backbeat.began_from_now (text) IS
'Since when a challenge that started from now counts what carries no block; NULL for one that counts everything.';
