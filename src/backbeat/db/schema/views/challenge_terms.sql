-- When each challenge could be earned, and by which terms: the blocks from "from_block" to before "until_block" (the
-- greatest integer: still), plays before "until_play" and events of other chains up to "until_time" (NULL: still). Where two
-- edits were made between the same two blocks the later one holds.
CREATE OR REPLACE VIEW backbeat.challenge_terms AS
SELECT
    version.challenge_id,
    version.from_block,
    coalesce(version.next_block, 2147483647) AS until_block,
    version.next_play AS until_play,
    version.next_time AS until_time,
    backbeat.audio(version.amount) AS amount,
    version.step_count,
    coalesce(version.starting_block, 0) AS starting_block
FROM (
    SELECT
        last.*,
        lead(last.from_block) OVER edits AS next_block,
        lead(last.from_play) OVER edits AS next_play,
        lead(last.from_time) OVER edits AS next_time
    FROM (
        SELECT DISTINCT ON (edit.challenge_id, edit.from_block) edit.*
        FROM backbeat.past_challenges AS edit
        ORDER BY edit.challenge_id, edit.from_block, edit.from_play DESC
    ) AS last
    WINDOW edits AS (PARTITION BY last.challenge_id ORDER BY last.from_block)
) AS version
WHERE
    NOT version.is_gone AND version.active
    AND (version.step_count IS NOT NULL OR version.challenge_id NOT IN ('p', 'u', 'p1', 'p2', 'p3'))
    AND (version.starting_block IS NOT NULL OR version.challenge_id <> 'u');
