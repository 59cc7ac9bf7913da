SELECT chain_id, height, block_hash, block_time, block_number, play_id
FROM backbeat.cursor
