SELECT backbeat.log_keys(%(stream)s, %(keys)b::text [])
