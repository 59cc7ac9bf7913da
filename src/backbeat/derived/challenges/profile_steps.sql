-- Who can take part now has the steps of now. Of others the table says what they had done at the end of the last block at
-- which they could and the challenge was on, as of everybody once it is off: so it does not tell when jobs ran.
WITH spell AS MATERIALIZED (
    SELECT
        terms.from_block,
        least(terms.until_block, frontier.block_number + 1) AS until_block,
        terms.until_block > frontier.block_number AS is_on
    FROM backbeat.challenge_terms AS terms
    CROSS JOIN backbeat.frontier
    WHERE terms.challenge_id = 'p' AND terms.from_block <= frontier.block_number
),
reached AS (
    SELECT coalesce(bool_or(spell.is_on), false) AS is_on
    FROM spell
),
gone AS MATERIALIZED (
    SELECT
        person.user_id,
        last.block
    FROM users AS person
    CROSS JOIN reached
    CROSS JOIN LATERAL (
        SELECT max(least(was.until_block, spell.until_block) - 1) AS block -- an open version has no end
        FROM backbeat.user_versions AS was
        JOIN spell
            ON spell.until_block > coalesce(was.since_block, 0)
            AND (was.until_block IS NULL OR was.until_block > spell.from_block)
        WHERE was.user_id = person.user_id AND NOT was.is_deactivated AND was.has_handle
    ) AS last
    WHERE
        (%(keys)b::integer [] IS NULL OR person.user_id = ANY (%(keys)b::integer []))
        AND person.is_current
        AND NOT (reached.is_on AND backbeat.is_active(person) AND person.handle_lc IS NOT NULL)
)
SELECT
    steps.user_id,
    steps.profile_description,
    steps.profile_name,
    steps.profile_picture,
    steps.profile_cover_photo,
    steps.follows,
    steps.favorites,
    steps.reposts
FROM backbeat.profile_steps AS steps
CROSS JOIN reached
WHERE
    (%(keys)b::integer [] IS NULL OR steps.user_id = ANY (%(keys)b::integer []))
    AND reached.is_on
UNION ALL
SELECT
    done.user_id,
    done.profile_description,
    done.profile_name,
    done.profile_picture,
    done.profile_cover_photo,
    done.follows,
    done.favorites,
    done.reposts
FROM gone
CROSS JOIN LATERAL (
    SELECT * FROM backbeat.profile_as_of(gone.user_id, gone.block) OFFSET 0 -- by the user's id
) AS done
