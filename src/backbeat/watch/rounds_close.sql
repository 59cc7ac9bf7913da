-- What is compared no more, as a newer version has it
DELETE FROM backbeat.watch_rounds WHERE subject <> ALL (%(subjects)s::text [])
