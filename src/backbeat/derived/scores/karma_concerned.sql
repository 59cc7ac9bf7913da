-- The users in "keys", and all whom they follow: what they are lent waits as well.
SELECT user_id
FROM unnest(%(keys)b::int []) AS asked (user_id)
UNION
SELECT edge.followee_user_id
FROM follows AS edge
WHERE edge.follower_user_id = ANY (%(keys)b::int []) AND edge.is_current AND NOT edge.is_delete
