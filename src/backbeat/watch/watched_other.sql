SELECT database FROM backbeat.watched WHERE database <> %(database)s::text
