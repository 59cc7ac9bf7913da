-- The best ten, each as item_id, owner_id, score.
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
