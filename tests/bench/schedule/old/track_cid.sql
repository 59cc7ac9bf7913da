SELECT track_id, audio_upload_id
FROM tracks
WHERE is_current AND NOT is_delete AND stem_of IS NULL AND track_cid IS NULL AND audio_upload_id <> ''
ORDER BY created_at DESC
LIMIT 1000
