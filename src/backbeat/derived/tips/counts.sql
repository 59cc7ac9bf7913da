SELECT
    user_id,
    sum(supporters)::integer AS supporter_count,
    sum(supported)::integer AS supporting_count
FROM (
    SELECT
        receiver_user_id AS user_id,
        count(*) AS supporters,
        0 AS supported
    FROM aggregate_user_tips
    GROUP BY receiver_user_id
    UNION ALL
    SELECT
        sender_user_id,
        0,
        count(*)
    FROM aggregate_user_tips
    GROUP BY sender_user_id
) AS either
GROUP BY user_id
