-- Of each challenge that was ever on: the terms that hold for the newest block, or held last.
SELECT coalesce(jsonb_agg(to_jsonb(latest) ORDER BY latest.id), '[]') AS terms
FROM (
    SELECT DISTINCT ON (begun.challenge_id)
        begun.challenge_id AS id,
        begun.amount,
        begun.step_count,
        begun.starting_block,
        count(*) FILTER (WHERE begun.is_new) OVER (PARTITION BY begun.challenge_id) AS edition,
        CASE WHEN begun.until_block <= begun.reached THEN begun.until_block - 1 END AS last_block
    FROM (
        SELECT
            terms.*,
            newest.block_number AS reached,
            lag(terms.from_block) OVER edits IS NULL
            OR terms.amount IS DISTINCT FROM lag(terms.amount) OVER edits
            OR terms.step_count IS DISTINCT FROM lag(terms.step_count) OVER edits
            OR terms.starting_block IS DISTINCT FROM lag(terms.starting_block) OVER edits AS is_new
        FROM (
            SELECT coalesce((SELECT frontier.block_number FROM backbeat.frontier), 0) AS block_number
        ) AS newest
        JOIN backbeat.challenge_terms AS terms
            ON terms.challenge_id = ANY (%(ids)s::text []) AND terms.from_block <= newest.block_number
        WINDOW edits AS (PARTITION BY terms.challenge_id ORDER BY terms.from_block)
    ) AS begun
    ORDER BY begun.challenge_id, begun.from_block DESC
) AS latest
