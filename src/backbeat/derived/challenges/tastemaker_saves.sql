SELECT
    act.save_item_id AS key,
    count(*) AS rows
FROM saves AS act
WHERE
    act.blocknumber > %(after)s AND act.blocknumber <= %(upto)s AND act.save_type = 'track'
    AND act.save_item_id IN (
        SELECT track_id FROM backbeat.trending_week_tracks ORDER BY magnitude DESC, score DESC, track_id DESC LIMIT 10
    )
GROUP BY act.save_item_id
