-- One follow in fifty comes with wanting to hear of the artist; forty people want to hear of each contest.
INSERT INTO subscriptions (
    blocknumber, subscriber_id, user_id, is_current, is_delete, created_at, txhash, entity_type, entity_id
)
SELECT f.blocknumber, f.follower_user_id, f.followee_user_id, true, false, f.created_at, f.txhash, 'User', f.followee_user_id
FROM follows AS f
WHERE NOT f.is_delete AND bench.draw(f.follower_user_id::bigint * 1000003 + f.followee_user_id, 65) < 0.02
UNION ALL
SELECT e.blocknumber, fan.user_id, e.event_id, true, false, e.created_at, e.txhash, 'Event', e.event_id
FROM events AS e
CROSS JOIN LATERAL (
    SELECT DISTINCT bench.pick(bench.draw(e.event_id * 64 + n, 66), %(users)s, 2, 1000000007) AS user_id
    FROM generate_series(1, 40) AS n
) AS fan
