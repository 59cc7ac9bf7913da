SELECT
    playlist_owner_id AS key,
    count(*) AS rows
FROM playlists
WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s
GROUP BY playlist_owner_id
