DELETE FROM backbeat.score_pass
