CREATE OR REPLACE FUNCTION backbeat.seller_as_of(content_type text, content_id integer, block integer) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT t.owner_id
    FROM backbeat.track_as_of(seller_as_of.content_id, seller_as_of.block) AS t
    WHERE seller_as_of.content_type = 'track'
    UNION ALL
    SELECT p.owner_id
    FROM backbeat.playlist_as_of(seller_as_of.content_id, seller_as_of.block) AS p
    WHERE seller_as_of.content_type IN ('playlist', 'album')
    LIMIT 1
$$;

COMMENT ON FUNCTION backbeat.seller_as_of (text, integer, integer) IS
'Whose a track, playlist or album was at the end of a block; NULL where it was not there.';
