-- What a judgement as of its block cannot tell: a complete row of a block before histories, or of a challenge that is judged
-- by the facts of now; and what is of before the challenge began here, or would have been complete by then.
SELECT
    compared.challenge_id,
    compared.specifier,
    CASE
        WHEN past.is_unknown THEN 'before_histories'
        WHEN begun.challenge_id IS NOT NULL THEN 'before_it_began_here'
        ELSE 'judged_by_facts_of_then'
    END AS reason
FROM {compared} AS compared
CROSS JOIN LATERAL (
    SELECT (compared.stored ->> 'completed_blocknumber')::integer BETWEEN 1 AND backbeat.history_floor() AS is_unknown
) AS past
LEFT JOIN backbeat.challenge_starts AS begun
    ON begun.challenge_id = compared.challenge_id AND begun.first_run = 'from_now'
WHERE
    compared.differs
    AND CASE
        WHEN compared.stored IS NULL THEN begun.challenge_id IS NOT NULL
        ELSE
            (compared.stored ->> 'is_complete')::boolean
            AND (
                past.is_unknown
                OR begun.challenge_id IS NOT NULL
                OR NOT %(as_of_block)s::boolean AND compared.stored ->> 'completed_at' IS NOT NULL
            )
    END
