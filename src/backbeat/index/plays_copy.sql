COPY plays (
    id, user_id, source, play_item_id, created_at, updated_at, slot, signature, city, region, country
) FROM STDIN (FORMAT binary)
