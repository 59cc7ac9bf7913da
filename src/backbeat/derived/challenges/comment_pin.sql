-- A key is a specifier; its second part is the track. As an array those tracks are found by the index.
SELECT
    'cp' AS challenge_id,
    to_hex(said.user_id) || ':' || to_hex(t.track_id) AS specifier,
    true AS is_complete,
    1 AS current_step_count,
    t.blocknumber AS completed_blocknumber,
    %(amount)s::integer AS amount,
    t.updated_at AS completed_at,
    said.user_id,
    t.updated_at AT TIME ZONE 'UTC' AS created_at
FROM tracks AS t
JOIN users AS artist ON artist.user_id = t.owner_id AND artist.is_current AND artist.is_verified
CROSS JOIN LATERAL (
    -- by its id, whatever else is asked of it
    SELECT * FROM comments WHERE comments.comment_id = t.pinned_comment_id OFFSET 0
) AS said
WHERE
    said.entity_type = 'Track' AND said.entity_id = t.track_id AND NOT said.is_delete AND said.user_id <> t.owner_id
    AND (
        %(keys)b::text [] IS NULL
        OR t.track_id = ANY (
            ARRAY(SELECT backbeat.from_hex(split_part(key, ':', 2)) FROM unnest(%(keys)b::text []) AS key)
        )
    )
    AND t.pinned_comment_id IS NOT NULL AND t.is_current AND NOT t.is_delete
    AND t.blocknumber >= %(starting_block)s::integer
    AND NOT EXISTS (
        SELECT FROM user_challenges AS done
        WHERE done.challenge_id = 'cp' AND done.specifier = to_hex(said.user_id) || ':' || to_hex(t.track_id)
    )
    AND NOT EXISTS (
        SELECT FROM backbeat.deactivated_users AS u WHERE u.user_id = said.user_id
    )
