SELECT
    user_id,
    coalesce(kept.supporter_count, 0) AS supporter_count,
    coalesce(kept.supporting_count, 0) AS supporting_count
FROM (SELECT * FROM backbeat.supporters WHERE %(keys)b::int [] IS NULL OR user_id = ANY (%(keys)b::int [])) AS kept
FULL JOIN (
    SELECT user_id FROM aggregate_user WHERE %(keys)b::int [] IS NULL OR user_id = ANY (%(keys)b::int [])
) AS counts USING (user_id)
