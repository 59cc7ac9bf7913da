-- Whose plays are in the range of a sweep, and of whom there are counts, whatever they follow from.
SELECT user_id FROM plays
WHERE user_id > %(after)s AND user_id <= %(upto)s
UNION
SELECT user_id FROM user_distinct_play_hours
WHERE user_id > %(after)s AND user_id <= %(upto)s
UNION
SELECT user_id FROM user_distinct_play_tracks
WHERE user_id > %(after)s AND user_id <= %(upto)s
ORDER BY user_id
