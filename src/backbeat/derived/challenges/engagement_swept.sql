-- What was completed and not paid before completions were followed. Challenges whose past was judged without a word are left
-- out: which of their rows that wrote cannot be told. Counting keeps payments from being read whole.
SELECT backbeat.start_cooldowns(ARRAY(
    SELECT earned
    FROM user_challenges AS earned
    WHERE
        earned.user_id > %(after)s AND earned.user_id <= %(upto)s AND earned.is_complete
        AND 0 = (
            SELECT count(*) FROM backbeat.paid_rewards AS paid
            WHERE paid.challenge_id = earned.challenge_id AND paid.specifier = earned.specifier
        )
        AND NOT EXISTS (
            SELECT FROM backbeat.challenge_starts AS start
            WHERE start.challenge_id = earned.challenge_id AND NOT start.notifies
        )
))
