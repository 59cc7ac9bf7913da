SELECT count(*)::integer FROM backbeat.migrations
