-- Of each challenge that was ever on: the terms that hold for the newest block, or held last.
SELECT coalesce(jsonb_agg(to_jsonb(latest) ORDER BY latest.id), '[]') AS terms
FROM (
    SELECT DISTINCT ON (begun.challenge_id)
        begun.challenge_id AS id,
        begun.amount,
        begun.step_count,
        begun.starting_block,
        count(*) FILTER (WHERE begun.is_new) OVER whole AS edition,
        count(*) FILTER (WHERE begun.is_switched_on) OVER whole AS spells,
        CASE
            WHEN begun.until_block <= begun.reached
                THEN jsonb_build_object(
                    'block', begun.until_block - 1,
                    'play', begun.until_play - 1,
                    'time', begun.until_time AT TIME ZONE 'UTC'
                )
        END AS "end"
    FROM (
        SELECT
            terms.*,
            newest.block_number AS reached,
            (terms.amount, terms.step_count, terms.starting_block) IS DISTINCT FROM (
                lag(terms.amount) OVER edits, lag(terms.step_count) OVER edits, lag(terms.starting_block) OVER edits
            ) AS is_new,
            lag(terms.until_block) OVER edits IS DISTINCT FROM terms.from_block AS is_switched_on
        FROM (
            SELECT coalesce((SELECT frontier.block_number FROM backbeat.frontier), 0) AS block_number
        ) AS newest
        JOIN backbeat.challenge_terms AS terms
            ON terms.challenge_id = ANY (%(ids)s::text []) AND terms.from_block <= newest.block_number
        WINDOW edits AS (PARTITION BY terms.challenge_id ORDER BY terms.from_block)
    ) AS begun
    WINDOW whole AS (PARTITION BY begun.challenge_id)
    ORDER BY begun.challenge_id, begun.from_block DESC
) AS latest
