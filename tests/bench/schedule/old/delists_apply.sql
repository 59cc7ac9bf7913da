UPDATE tracks SET is_available = false, is_delete = true
WHERE is_current AND is_available AND track_id = ANY (%(track_ids)s::int [])
