SELECT backbeat.keep_versions(%(history)s, %(keys)s::text [], %(versions)s::json)
