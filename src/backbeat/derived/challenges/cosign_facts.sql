SELECT
    format('cosign of own remix %%s by user %%s', remix.track_id, artist.user_id) AS fact,
    CASE WHEN artist.is_verified THEN 'verified' ELSE 'not verified' END AS found,
    'verified' AS wanted,
    artist.is_verified AS holds
FROM tracks AS remix
JOIN remixes AS link ON link.child_track_id = remix.track_id
JOIN tracks AS parent ON parent.track_id = link.parent_track_id AND parent.is_current
JOIN users AS artist ON artist.user_id = parent.owner_id AND artist.is_current
WHERE
    remix.owner_id = %(user_id)s::integer AND remix.is_current
    AND (
        EXISTS (
            SELECT FROM reposts AS r
            WHERE
                r.user_id = artist.user_id AND r.repost_item_id = remix.track_id AND r.repost_type = 'track'
                AND r.is_current AND NOT r.is_delete
        )
        OR EXISTS (
            SELECT FROM saves AS s
            WHERE
                s.user_id = artist.user_id AND s.save_item_id = remix.track_id AND s.save_type = 'track'
                AND s.is_current AND NOT s.is_delete
        )
    )
ORDER BY remix.track_id, artist.user_id
