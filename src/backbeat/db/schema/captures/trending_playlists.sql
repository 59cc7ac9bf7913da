-- Playlists that may have entered or left the lists of what trends.
SELECT backbeat.capture(
    'playlists',
    'trending_playlists',
    ARRAY['playlist_id'],
    ARRAY[
        'playlist_owner_id', 'is_current', 'is_delete', 'is_private', 'is_album', 'playlist_contents', 'created_at',
        'release_date'
    ]
);
