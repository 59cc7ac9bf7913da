DELETE FROM backbeat.watch_rounds
