SELECT subject, way, after_key, rounds FROM backbeat.watch_rounds
