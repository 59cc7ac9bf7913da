-- When each challenge could be earned, and by which terms: the blocks from "from_block" to before "until_block" (the
-- greatest integer: still). Where two edits were made between the same two blocks the later one holds.
CREATE OR REPLACE VIEW backbeat.challenge_terms AS
SELECT
    version.challenge_id,
    version.from_block,
    version.until_block,
    backbeat.audio(version.amount) AS amount,
    version.step_count,
    coalesce(version.starting_block, 0) AS starting_block
FROM (
    SELECT
        last.*,
        coalesce(lead(last.from_block) OVER (PARTITION BY last.challenge_id ORDER BY last.from_block), 2147483647)
            AS until_block
    FROM (
        SELECT DISTINCT ON (edit.challenge_id, edit.from_block) edit.*
        FROM backbeat.past_challenges AS edit
        ORDER BY edit.challenge_id, edit.from_block, edit.from_play DESC
    ) AS last
) AS version
WHERE
    NOT version.is_gone AND version.active
    AND (version.step_count IS NOT NULL OR version.challenge_id NOT IN ('p', 'u', 'p1', 'p2', 'p3'))
    AND (version.starting_block IS NOT NULL OR version.challenge_id <> 'u');
