-- What an operator changed in the catalogue of challenges while no trigger of ours kept it, since an adoption was prepared or was
-- given back: it holds for what comes behind the cursor.
WITH last AS (
    SELECT DISTINCT ON (kept.challenge_id) kept.*
    FROM backbeat.past_challenges AS kept
    ORDER BY kept.challenge_id, kept.from_block DESC, kept.from_play DESC
),
changed AS (
    SELECT
        challenge AS rule,
        false AS is_gone
    FROM challenges AS challenge
    LEFT JOIN last ON last.challenge_id = challenge.id
    WHERE
        last.challenge_id IS NULL
        OR (
            last.is_gone, last.type, last.amount, last.active, last.step_count, last.starting_block, last.weekly_pool,
            last.cooldown_days
        ) IS DISTINCT FROM (
            false, challenge.type, challenge.amount, challenge.active, challenge.step_count, challenge.starting_block,
            challenge.weekly_pool, challenge.cooldown_days
        )
    UNION ALL
    SELECT
        jsonb_populate_record(NULL::challenges, to_jsonb(last) || jsonb_build_object('id', last.challenge_id)),
        true
    FROM last
    WHERE NOT last.is_gone AND NOT EXISTS (SELECT FROM challenges WHERE challenges.id = last.challenge_id)
)
SELECT backbeat.keep_rule(changed.rule, changed.is_gone)
FROM changed
