UPDATE playlists SET is_private = false, updated_at = %(now)s
WHERE
    is_private AND is_album AND is_scheduled_release AND release_date IS NOT NULL AND release_date < %(now)s
    AND is_current AND NOT is_delete
