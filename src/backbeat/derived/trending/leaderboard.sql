-- Every list as it has to be, each by reading all scores.
SELECT
    'TRACKS' AS kind,
    ranked.list,
    ranked.version,
    ranked.time_range,
    ranked.genre,
    ranked.rank::smallint AS rank,
    ranked.track_id AS id
FROM (
    SELECT
        entry.*,
        row_number() OVER (
            PARTITION BY entry.list, entry.version, entry.time_range, entry.genre
            ORDER BY entry.score DESC, entry.track_id DESC
        ) AS rank
    FROM (
        SELECT
            list.name AS list,
            s.version,
            s.time_range,
            s.genre,
            s.track_id,
            s.score,
            s.rank AS top_rank
        FROM (
            SELECT
                at.version,
                at.time_range,
                list.genre,
                at.track_id,
                at.score,
                row_number() OVER (
                    PARTITION BY at.version, at.time_range, list.genre ORDER BY at.score DESC, at.track_id DESC
                ) AS rank
            FROM track_trending_scores AS at
            CROSS JOIN LATERAL (SELECT '' AS genre UNION SELECT at.genre WHERE at.genre <> '') AS list
            WHERE at.type = 'TRACKS'
        ) AS s
        CROSS JOIN (VALUES ('top'), ('underground')) AS list (name)
        LEFT JOIN tracks AS t ON t.track_id = s.track_id AND t.is_current
        LEFT JOIN aggregate_user AS artist ON artist.user_id = t.owner_id
        WHERE
            list.name = 'top'
            OR (
                s.version = 'pnagD' AND s.rank > 20
                AND NOT t.is_delete AND NOT t.is_unlisted AND t.is_available
                AND artist.follower_count < 1500 AND artist.following_count < 1500
            )
    ) AS entry
) AS ranked
WHERE ranked.rank <= %(ranks_max)s
