SELECT count(*)
FROM track_routes AS r
JOIN tracks AS t ON t.track_id = r.track_id
JOIN aggregate_user AS u ON u.user_id = t.owner_id
WHERE
    r.is_current AND t.is_current AND NOT t.is_delete AND NOT t.is_unlisted AND t.is_available AND t.stem_of IS NULL
    AND u.follower_count >= 10
