-- Every key there is would be all of the past, which is not judged again.
SELECT
    to_hex(act.user_id) || ':' || to_hex(act.track_id) AS key,
    count(*) AS rows
FROM backbeat.changed_keys(%(stream)s, %(after)s, %(upto)s) AS told
CROSS JOIN LATERAL (
    SELECT
        split_part(told, ':', 2)::integer AS user_id,
        split_part(told, ':', 3)::integer AS track_id
) AS act
WHERE
    split_part(told, ':', 1) = ANY (%(kinds)b::text [])
    -- a remix, or once one: what was done meanwhile is judged as of then
    AND EXISTS (
        SELECT 1 FROM remixes WHERE remixes.child_track_id = act.track_id
        UNION ALL
        SELECT 1 FROM backbeat.past_tracks AS kept WHERE kept.track_id = act.track_id AND kept.parents IS NOT NULL
    )
GROUP BY 1
