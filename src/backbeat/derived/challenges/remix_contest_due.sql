-- Hosts whose week has room again, because a prize is seven days old.
SELECT
    contest.user_id AS key,
    count(*) AS rows
FROM backbeat.contest_prizes AS prize
JOIN events AS contest ON contest.event_id = prize.event_id
WHERE prize.paid_at > %(after)s AND prize.paid_at <= %(upto)s
GROUP BY contest.user_id
