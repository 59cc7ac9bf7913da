SELECT block_time FROM backbeat.cursor
