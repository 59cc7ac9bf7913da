-- inlined
CREATE OR REPLACE FUNCTION backbeat.rule_as_of(of_challenge text, block integer) RETURNS SETOF backbeat.past_challenges
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT latest.*
    FROM (
        SELECT * FROM backbeat.past_challenges AS rule
        WHERE rule.challenge_id = of_challenge AND rule.from_block <= block
        ORDER BY rule.from_block DESC, rule.from_play DESC
        LIMIT 1
    ) AS latest
    WHERE NOT latest.is_gone
$$;

COMMENT ON FUNCTION backbeat.rule_as_of (text, integer) IS
'The row of the catalogue that holds for the events of a block; no row where there was none.';
