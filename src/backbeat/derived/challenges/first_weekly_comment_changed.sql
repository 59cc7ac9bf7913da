SELECT
    to_hex(user_id) || to_char(created_at, ':IYYYIW') AS key,
    count(*) AS rows
FROM comments
WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s
GROUP BY 1
