SELECT backbeat.note_releases(%(track_ids)s::integer [], %(playlist_ids)s::integer [], %(released_at)s::timestamp)
