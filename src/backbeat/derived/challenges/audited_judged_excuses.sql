-- What a judgement by the facts of now cannot tell: a complete row that it would not make so, and a row of before the
-- challenge began here.
SELECT
    compared.challenge_id,
    compared.specifier,
    CASE WHEN compared.stored IS NULL THEN 'before_it_began_here' ELSE 'judged_by_facts_of_then' END AS reason
FROM {compared} AS compared
LEFT JOIN backbeat.challenge_starts AS begun
    ON begun.challenge_id = compared.challenge_id AND begun.first_run = 'from_now'
WHERE
    compared.differs
    AND CASE
        WHEN compared.stored IS NULL THEN begun.challenge_id IS NOT NULL
        ELSE
            NOT %(as_of_block)s::boolean AND (compared.stored ->> 'is_complete')::boolean
            AND (compared.stored ->> 'completed_at' IS NOT NULL OR begun.challenge_id IS NOT NULL)
    END
