CREATE OR REPLACE FUNCTION backbeat.list_price(content_type text, content_id integer, instant timestamp) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT history.cents
    FROM (
        SELECT price.total_price_cents AS cents, price.block_timestamp
        FROM track_price_history AS price
        WHERE
            list_price.content_type = 'track'
            AND price.track_id = list_price.content_id AND price.block_timestamp <= list_price.instant
        UNION ALL
        SELECT price.total_price_cents, price.block_timestamp
        FROM album_price_history AS price
        WHERE
            list_price.content_type IN ('playlist', 'album')
            AND price.playlist_id = list_price.content_id AND price.block_timestamp <= list_price.instant
    ) AS history
    ORDER BY history.block_timestamp DESC
    LIMIT 1
$$;

COMMENT ON FUNCTION backbeat.list_price (text, integer, timestamp) IS
'What a track, playlist or album cost at an instant, in cents; NULL without a price on record.';
