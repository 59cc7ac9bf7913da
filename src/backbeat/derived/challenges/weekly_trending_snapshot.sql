-- The best ten, each as item_id, owner_id, score; with the instant at which they were.
WITH frozen AS (
    INSERT INTO trending_results (user_id, id, rank, type, version, week)
    SELECT
        owner_id,
        item_id::text,
        row_number() OVER (ORDER BY score DESC, item_id DESC),
        %(kind)s::text,
        backbeat.trending_version(),
        %(week)s::date
    FROM {winners} AS winner
    ORDER BY 3
    RETURNING rank
),
dated AS (
    INSERT INTO backbeat.weekly_snapshots (kind, week, taken_at, block_number)
    SELECT
        %(kind)s::text,
        %(week)s::date,
        %(now)s::timestamp,
        greatest((SELECT max(blocknumber) FROM tracks), (SELECT max(blocknumber) FROM playlists))
    WHERE EXISTS (SELECT FROM frozen)
    ON CONFLICT (kind, week) DO UPDATE SET taken_at = excluded.taken_at, block_number = excluded.block_number
)
SELECT count(*) FROM frozen
