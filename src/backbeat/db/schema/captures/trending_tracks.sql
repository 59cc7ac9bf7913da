-- Tracks that may have entered or left the lists of what trends.
SELECT backbeat.capture(
    'tracks', 'trending_tracks', ARRAY['track_id'],
    ARRAY[
        'is_current', 'is_delete', 'is_unlisted', 'is_available', 'stem_of', 'genre', 'owner_id', 'release_date',
        'created_at'
    ]
);
