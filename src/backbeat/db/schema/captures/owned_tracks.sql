-- Whose tracks changed in what the most frequent genre is counted from.
SELECT backbeat.capture(
    'tracks', 'owned_tracks', ARRAY['owner_id'],
    ARRAY[
        'genre', 'created_at', 'is_current', 'is_delete', 'is_unlisted', 'is_available', 'stem_of', 'access_authorities'
    ]
);
