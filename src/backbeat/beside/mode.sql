-- Whether another program writes the blocks; no row where it does not.
SELECT chain_id FROM backbeat.beside
