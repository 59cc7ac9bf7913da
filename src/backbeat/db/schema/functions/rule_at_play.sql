-- inlined
CREATE OR REPLACE FUNCTION backbeat.rule_at_play(of_challenge text, play bigint) RETURNS SETOF backbeat.past_challenges
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT latest.*
    FROM (
        SELECT * FROM backbeat.past_challenges AS rule
        WHERE rule.challenge_id = of_challenge AND rule.from_play <= play
        ORDER BY rule.from_play DESC, rule.from_block DESC
        LIMIT 1
    ) AS latest
    WHERE NOT latest.is_gone
$$;

COMMENT ON FUNCTION backbeat.rule_at_play (text, bigint) IS
'The row of the catalogue that holds for a play, by its id; no row where there was none.';
