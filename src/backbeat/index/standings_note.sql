INSERT INTO backbeat.standing_changes (blocknumber, user_id)
SELECT blocknumber, user_id
FROM unnest(%(blocks)s::integer[], %(users)s::integer[]) AS changed (blocknumber, user_id)
ON CONFLICT DO NOTHING
