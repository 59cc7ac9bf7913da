SELECT
    t.owner_id AS key,
    count(*) AS rows
FROM plays AS p
JOIN tracks AS t ON t.track_id = p.play_item_id AND t.is_current
WHERE p.id > %(after)s AND p.id <= %(upto)s
GROUP BY t.owner_id
