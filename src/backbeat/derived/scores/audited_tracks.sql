-- The tracks that some users listened to, by their plays up to "upto" and the sums of those that are gone.
SELECT
    play.user_id,
    play.play_item_id AS track_id
FROM plays AS play
WHERE play.user_id = ANY (%(keys)b::integer []) AND play.id <= %(upto)s
UNION
SELECT
    gone.user_id,
    gone.track_id
FROM backbeat.pruned_listens AS gone
WHERE gone.user_id = ANY (%(keys)b::integer [])
