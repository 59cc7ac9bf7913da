-- The first block at whose end a verified artist had the comment of an active user pinned on the track that it is on, while
-- the challenge was on. A key is a specifier; its second part is the track. As an array those tracks are found by the index.
SELECT DISTINCT ON (said.user_id, pin.track_id)
    'cp' AS challenge_id,
    to_hex(said.user_id) || ':' || to_hex(pin.track_id) AS specifier,
    true AS is_complete,
    1 AS current_step_count,
    least(earned.block, frontier.block_number) AS completed_blocknumber,
    terms.amount,
    earned.at AS completed_at,
    said.user_id,
    earned.at AT TIME ZONE 'UTC' AS created_at
FROM (
    SELECT *
    FROM backbeat.track_versions AS track
    WHERE
        %(keys)b::text [] IS NULL
        OR track.track_id = ANY (
            ARRAY(SELECT backbeat.from_hex(split_part(key, ':', 2)) FROM unnest(%(keys)b::text []) AS key)
        )
    OFFSET 0 -- found by track, and judged afterwards
) AS pin
JOIN backbeat.challenge_terms AS terms ON terms.challenge_id = 'cp' AND terms.starting_block <= pin.since_block
CROSS JOIN LATERAL (
    -- by its id, whatever else is asked of it
    SELECT * FROM backbeat.comment_within(pin.pinned_comment_id, pin.since_block, pin.until_block) AS comment OFFSET 0
) AS said
CROSS JOIN LATERAL (
    SELECT *
    FROM
        backbeat.user_within(
            pin.owner_id, greatest(pin.since_block, said.since_block), least(pin.until_block, said.until_block)
        ) AS person
    OFFSET 0 -- by its id
) AS artist
CROSS JOIN LATERAL (
    SELECT
        greatest(pin.since_block, terms.from_block, said.since_block, artist.since_block) AS since_block,
        least(pin.until_block, terms.until_block, said.until_block, artist.until_block) AS until_block,
        greatest(pin.since_time, said.since_time, artist.since_time) AS since_time
) AS together
CROSS JOIN LATERAL (
    SELECT backbeat.first_active_block(said.user_id, together.since_block, together.until_block) AS block
    OFFSET 0 -- once
) AS first
CROSS JOIN backbeat.frontier
CROSS JOIN LATERAL (
    SELECT first.block, backbeat.known_time(least(first.block, frontier.block_number), together.since_time) AS at
) AS earned
WHERE
    pin.pinned_comment_id IS NOT NULL AND NOT pin.is_delete AND artist.is_verified
    AND said.entity_type = 'Track' AND said.entity_id = pin.track_id AND NOT said.is_delete
    AND said.user_id <> pin.owner_id
    AND together.since_block < together.until_block
    AND terms.from_block <= frontier.block_number
    AND earned.block <= frontier.block_number + (%(since)s::integer = -1)::integer -- what others edited since the block
    AND NOT EXISTS (
        SELECT FROM user_challenges AS done
        WHERE done.challenge_id = 'cp' AND done.specifier = to_hex(said.user_id) || ':' || to_hex(pin.track_id)
    )
ORDER BY said.user_id, pin.track_id, earned.block
