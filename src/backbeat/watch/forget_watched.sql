DELETE FROM backbeat.watched
