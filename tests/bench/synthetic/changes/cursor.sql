UPDATE backbeat.cursor
SET height = height + 1, block_number = %(block)s, block_time = %(at)s, play_id = (SELECT coalesce(max(id), 0) FROM plays)
