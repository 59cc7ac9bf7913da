-- Contests of which something changed: the event or its track, by block or by an edit, or a date has come. NULL: an edit
-- named no key. Of tracks and dates only those count that end near enough to be told of now.
WITH edited AS MATERIALIZED (
    SELECT
        split_part(key, ':', 1) AS kind,
        split_part(key, ':', 2)::integer AS id
    FROM backbeat.changed_keys(%(stream)s, %(edits_after)s, %(edits_upto)s) AS key
    WHERE key IS NULL OR split_part(key, ':', 1) IN ('contest', 'track')
)
SELECT event_id
FROM events
WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s AND event_type = 'remix_contest'
UNION
SELECT contest.event_id
FROM tracks AS track
INNER JOIN events AS contest ON contest.entity_id = track.track_id AND contest.event_type = 'remix_contest'
WHERE track.blocknumber > %(after)s AND track.blocknumber <= %(upto)s
    AND contest.end_date BETWEEN %(ends_from)s AND %(ends_upto)s
UNION
SELECT dated.event_id
FROM unnest(%(delays)b::bigint []) AS step (microseconds)
CROSS JOIN LATERAL (
    SELECT contest.event_id
    FROM events AS contest
    WHERE contest.end_date > %(dates_after)s::timestamp - step.microseconds * interval '1 microsecond'
        AND contest.end_date <= %(dates_upto)s::timestamp - step.microseconds * interval '1 microsecond'
        AND contest.end_date BETWEEN %(ends_from)s AND %(ends_upto)s
        AND contest.event_type = 'remix_contest'
    OFFSET 0 -- each delay is a range of an index
) AS dated
UNION
SELECT id
FROM edited
WHERE kind IS NULL OR kind = 'contest'
UNION
SELECT contest.event_id
FROM edited
INNER JOIN events AS contest ON contest.entity_id = edited.id AND contest.event_type = 'remix_contest'
WHERE edited.kind = 'track'
    AND contest.end_date BETWEEN %(ends_from)s AND %(ends_upto)s
