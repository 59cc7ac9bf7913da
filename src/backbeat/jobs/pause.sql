UPDATE backbeat.jobs SET paused = %(paused)s WHERE name = %(name)s AND paused <> %(paused)s
