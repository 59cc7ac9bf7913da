-- The hours in which some users listened, by their plays up to "upto".
SELECT DISTINCT
    play.user_id,
    backbeat.hour_of(play.created_at) AS hour
FROM plays AS play
WHERE play.user_id = ANY (%(keys)b::integer []) AND play.id <= %(upto)s
