-- Every list as it has to be, by reading all scores.
SELECT
    'TRACKS' AS kind,
    listed.list,
    backbeat.trending_version() AS version,
    listed.time_range,
    '' AS genre,
    listed.rank::smallint AS rank,
    listed.track_id AS id
FROM (
    SELECT
        list.name AS list,
        ranked.time_range,
        ranked.track_id,
        row_number() OVER (PARTITION BY list.name, ranked.time_range ORDER BY ranked.rank) AS rank
    FROM (
        SELECT
            at.time_range,
            at.track_id,
            row_number() OVER (PARTITION BY at.time_range ORDER BY at.score DESC, at.track_id DESC) AS rank
        FROM track_trending_scores AS at
        WHERE at.type = 'TRACKS' AND at.version = backbeat.trending_version()
    ) AS ranked
    CROSS JOIN (VALUES ('top'), ('underground')) AS list (name)
    LEFT JOIN tracks AS t ON t.track_id = ranked.track_id AND t.is_current
    LEFT JOIN aggregate_user AS artist ON artist.user_id = t.owner_id
    WHERE
        list.name = 'top'
        OR (
            ranked.rank > 20
            AND backbeat.is_underground_track(t)
            AND backbeat.is_small_artist(artist)
        )
) AS listed
WHERE listed.rank <= %(ranks_max)s
