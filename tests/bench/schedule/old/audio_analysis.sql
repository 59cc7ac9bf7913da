SELECT track_id, track_cid, audio_upload_id
FROM tracks
WHERE
    is_current
    AND (
        (musical_key IS NULL AND is_custom_musical_key IS NOT TRUE) OR (bpm IS NULL AND is_custom_bpm IS NOT TRUE)
    )
    AND audio_analysis_error_count < 3 AND track_cid IS NOT NULL
    AND genre NOT IN ('Podcasts', 'Podcast', 'Audiobooks')
ORDER BY created_at DESC
LIMIT 1000
