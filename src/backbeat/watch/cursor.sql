SELECT chain_id, block_number FROM backbeat.cursor
