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
    AND backbeat.was_remix(act.track_id)
GROUP BY 1
