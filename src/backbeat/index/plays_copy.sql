COPY plays (
    id, source, play_item_id, user_id, created_at, slot, signature, city, region, country
) FROM STDIN (FORMAT binary)
