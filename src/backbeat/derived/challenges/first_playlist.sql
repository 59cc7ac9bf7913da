SELECT DISTINCT ON (p.playlist_owner_id)
    'fp' AS challenge_id,
    to_hex(p.playlist_owner_id) AS specifier,
    true AS is_complete,
    1 AS current_step_count,
    p.blocknumber AS completed_blocknumber,
    %(amount)s::integer AS amount,
    p.updated_at AS completed_at,
    p.playlist_owner_id AS user_id,
    p.updated_at AT TIME ZONE 'UTC' AS created_at
FROM playlists AS p
WHERE
    (
        %(keys)b::integer [] IS NULL
        OR p.playlist_owner_id = ANY (
            ARRAY(
                SELECT key.user_id
                FROM unnest(%(keys)b::integer []) AS key (user_id)
                WHERE NOT EXISTS (
                    SELECT FROM user_challenges AS done
                    WHERE done.challenge_id = 'fp' AND done.specifier = to_hex(key.user_id)
                )
            )
        )
    )
    AND p.is_current AND NOT p.is_delete
    AND p.blocknumber >= %(starting_block)s::integer
    AND backbeat.has_entries(p.playlist_contents, 1)
    AND NOT EXISTS (
        SELECT FROM user_challenges AS done
        WHERE done.challenge_id = 'fp' AND done.specifier = to_hex(p.playlist_owner_id)
    )
    AND NOT EXISTS (
        SELECT FROM backbeat.deactivated_users AS u WHERE u.user_id = p.playlist_owner_id
    )
ORDER BY p.playlist_owner_id, p.blocknumber, p.playlist_id
