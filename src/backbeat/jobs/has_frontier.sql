SELECT EXISTS (SELECT FROM backbeat.cursor)
