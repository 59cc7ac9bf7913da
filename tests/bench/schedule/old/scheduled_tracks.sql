UPDATE tracks SET is_unlisted = false, updated_at = %(now)s
WHERE
    is_unlisted AND is_scheduled_release AND release_date IS NOT NULL AND release_date < %(now)s
    AND is_current AND NOT is_delete
