-- Hosts who name a changed track as a winner, as a number or as text.
SELECT
    contest.user_id AS key,
    count(*) AS rows
FROM tracks AS t
JOIN events AS contest
    ON contest.event_type = 'remix_contest'
    AND (
        contest.event_data -> 'winners' @> to_jsonb(t.track_id)
        OR contest.event_data -> 'winners' @> to_jsonb(t.track_id::text)
    )
WHERE t.blocknumber > %(after)s AND t.blocknumber <= %(upto)s
GROUP BY contest.user_id
