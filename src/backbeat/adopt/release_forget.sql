-- What makes a database ours: without it every verb but adopt leaves it alone.
DROP TABLE backbeat.migrations
