UPDATE backbeat.jobs SET run_requested = true WHERE name = %(name)s
