-- An artist who was told a day ago or longer is told again only of a better rank.
WITH leader AS (
    (
        SELECT
            'trending' AS type,
            'track_id' AS item,
            row_number() OVER (ORDER BY magnitude DESC, score DESC, track_id DESC) AS rank,
            track_id AS id,
            owner_id
        FROM backbeat.trending_week_tracks
        ORDER BY magnitude DESC, score DESC, track_id DESC
        LIMIT %(ranks_max)s
    )
    UNION ALL
    SELECT
        'trending_underground',
        'track_id',
        best.rank,
        best.track_id,
        t.owner_id
    FROM backbeat.trending_underground(backbeat.trending_version(), 'week', '', %(ranks_max)s::integer) AS best
    JOIN tracks AS t ON t.track_id = best.track_id AND t.is_current
    UNION ALL
    SELECT
        'trending_playlist',
        'playlist_id',
        best.rank,
        best.playlist_id,
        best.owner_id
    FROM backbeat.trending_playlists('week', false, %(ranks_max)s::integer) AS best
)
INSERT INTO notification (user_ids, type, group_id, specifier, "timestamp", data)
SELECT
    ARRAY[leader.owner_id],
    leader.type,
    format(
        '%%s:time_range:week:genre:all:rank:%%s:%%s:%%s:timestamp:%%s',
        leader.type, leader.rank, leader.item, leader.id, extract(EPOCH FROM %(hour)s::timestamp)::bigint
    ),
    leader.id::text,
    %(hour)s::timestamp,
    jsonb_build_object('time_range', 'week', 'genre', 'all', 'rank', leader.rank, leader.item, leader.id)
FROM leader
LEFT JOIN LATERAL (
    SELECT
        before."timestamp",
        (before.data ->> 'rank')::integer AS rank
    FROM notification AS before
    WHERE
        before.type IN ('trending', 'trending_underground', 'trending_playlist')
        AND before.type = leader.type AND before.specifier = leader.id::text
    ORDER BY before."timestamp" DESC, before.id DESC
    LIMIT 1
) AS told ON true
WHERE
    told."timestamp" IS NULL
    OR (told."timestamp" <= %(hour)s::timestamp - interval '1 day' AND told.rank > leader.rank)
ORDER BY leader.type, leader.rank
ON CONFLICT (group_id, specifier) DO NOTHING
