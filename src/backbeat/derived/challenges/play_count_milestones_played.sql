-- Whose the tracks were at any time: which of them was the owner at a play is judged. Plays alone move nothing for who was never
-- verified, nor for who has completed all: that is found here, where it costs two look-ups and no merge.
SELECT
    held.owner_id AS key,
    sum(played.rows)::bigint AS rows
FROM (
    SELECT
        p.play_item_id,
        count(*) AS rows
    FROM plays AS p
    WHERE p.id > %(after)s AND p.id <= %(upto)s
    GROUP BY p.play_item_id
) AS played
CROSS JOIN LATERAL (
    SELECT DISTINCT t.owner_id FROM backbeat.track_versions AS t WHERE t.track_id = played.play_item_id
) AS held
WHERE
    EXISTS (
        SELECT FROM backbeat.user_versions AS u
        WHERE u.user_id = held.owner_id AND u.is_verified AND NOT u.is_deactivated
        OFFSET 0 -- by its id, whatever joins
    )
    AND (
        SELECT count(*)
        FROM unnest(%(ids)s::text [], %(suffixes)s::text []) AS tier (challenge_id, suffix)
        JOIN user_challenges AS done
            ON
                done.challenge_id = tier.challenge_id
                AND done.specifier = to_hex(held.owner_id) || ':' || tier.suffix
                AND done.is_complete
    ) < cardinality(%(ids)s::text [])
GROUP BY held.owner_id
