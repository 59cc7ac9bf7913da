SELECT
    'valid sales of a dollar or more' AS fact,
    count(*)::text AS found,
    '1' AS wanted,
    count(*) > 0 AS holds
FROM (
    SELECT bought.signature
    FROM (
        SELECT
            t.track_id AS content_id,
            true AS is_track
        FROM tracks AS t
        WHERE t.owner_id = %(user_id)s::integer AND t.is_current
        UNION ALL
        SELECT
            p.playlist_id,
            false
        FROM playlists AS p
        WHERE p.playlist_owner_id = %(user_id)s::integer AND p.is_current
    ) AS own
    JOIN v_usdc_purchases AS bought
        ON bought.content_id = own.content_id AND (bought.content_type = 'track') = own.is_track
    WHERE bought.amount - bought.extra_amount >= 1000000
    UNION
    SELECT older.signature
    FROM usdc_purchases AS older
    WHERE older.seller_user_id = %(user_id)s::integer AND older.amount >= 1000000
) AS sold
