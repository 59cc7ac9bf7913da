SELECT track_id, is_available FROM tracks WHERE is_current AND track_id = ANY (%(track_ids)s::int [])
