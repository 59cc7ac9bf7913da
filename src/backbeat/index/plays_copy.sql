COPY plays (
    id, source, updated_at, user_id, play_item_id, created_at, slot, signature, city, region, country
) FROM STDIN (FORMAT binary)
