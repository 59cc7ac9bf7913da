DELETE FROM backbeat.processes WHERE id = %(id)s
