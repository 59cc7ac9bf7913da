-- Ranks are dense, so the first stands for all. The older network spelled type and version out.
SELECT
    EXISTS (
        SELECT FROM trending_results
        WHERE
            rank = 1 AND week = %(week)s AND type IN (%(kind)s::text, 'TrendingType.' || %(kind)s::text)
            AND version IN (backbeat.trending_version(), 'TrendingVersion.' || backbeat.trending_version())
    ) AS is_paid,
    (
        SELECT max(week) FROM trending_results
        WHERE
            rank = 1 AND week < %(week)s AND type IN (%(kind)s::text, 'TrendingType.' || %(kind)s::text)
            AND version IN (backbeat.trending_version(), 'TrendingVersion.' || backbeat.trending_version())
    ) AS last_paid
