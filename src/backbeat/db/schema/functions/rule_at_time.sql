-- inlined
CREATE OR REPLACE FUNCTION backbeat.rule_at_time(of_challenge text, moment timestamp)
RETURNS SETOF backbeat.past_challenges
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT latest.*
    FROM (
        SELECT * FROM backbeat.past_challenges AS rule
        WHERE rule.challenge_id = of_challenge AND rule.from_time < moment
        ORDER BY rule.from_time DESC, rule.from_block DESC, rule.from_play DESC
        LIMIT 1
    ) AS latest
    WHERE NOT latest.is_gone
$$;

COMMENT ON FUNCTION backbeat.rule_at_time (text, timestamp) IS
'The row of the catalogue that holds for an event of another chain, by the time of the event; no row where there was none.';
